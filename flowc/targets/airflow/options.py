"""What the Airflow target needs to know beside the flow."""

from __future__ import annotations

from dataclasses import dataclass

from flowc.targets.base import CompileOptions, Setting

COMPUTE_NAMES = ("kubernetes", "docker", "batch", "ecs", "local")
"""What steps can run on, by the names that the setting `compute` takes."""

VERSIONS = ("2.11", "3")
"""The releases of Airflow that files are made for, by the names that the setting `airflow_version` takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowOptions(CompileOptions):
    """What the Airflow target needs to know.

    Attributes:
        compute: What steps run on that do not say it: one of `COMPUTE_NAMES`.
        airflow_version: The release that is to load the file: one of `VERSIONS`.
        max_concurrency: A whole number: how many items of a foreach are under way at a time in each step; None leaves
            it to Airflow.
        deferrable: `true` where Airflow's triggerer waits for tasks, instead of a worker, or `false`.
        namespace: The Kubernetes namespace of the pods; None leaves it to Airflow's connection.
        service_account: The Kubernetes service account of the pods; None takes the namespace's default one.
        docker_url: The Docker daemon; None for the one that the worker's DOCKER_HOST names, or else its own.
        docker_connection: The connection of Airflow's that logs in to a registry; None for none.
        docker_network: The network of the containers; None for the daemon's default one.
        docker_volumes: `SOURCE:TARGET` or `SOURCE:TARGET:ro`, separated by commas; None for none.
        docker_tmpfs: `PATH:MIB`, separated by commas: file systems in memory; None for none.
        batch_queue: Name or ARN of the job queue.
        batch_job_role: ARN of the role that tasks run with; None for the role of the instances.
        batch_execution_role: ARN of the role that pulls the image and writes logs; None where instances do that.
        batch_job_definition: Name or ARN of a job definition to use as it is; None: the DAG registers what is missing.
        ecs_cluster: Name or ARN of the cluster.
        ecs_launch_type: `FARGATE` or `EC2`.
        ecs_subnets: Ids of the tasks' subnets, separated by commas; None on EC2 for the machines' network.
        ecs_security_groups: Ids of their security groups, separated by commas; None for the default one.
        ecs_task_role: ARN of the role that tasks run with; None for the role of the instances.
        ecs_execution_role: ARN of the role that pulls the image and writes logs; Fargate needs one.
        ecs_task_definition: Family or ARN of a task definition to use as it is, whose container is called `flow`; None:
            the DAG registers what is missing.
        ecs_log_group: The group in CloudWatch that the output goes to.
        local_python: The interpreter that has flowc on the workers.
    """

    compute: str = "kubernetes"
    airflow_version: str = "3"
    max_concurrency: str | None = None
    deferrable: str = "false"
    namespace: str | None = None
    service_account: str | None = None
    docker_url: str | None = None
    docker_connection: str | None = None
    docker_network: str | None = None
    docker_volumes: str | None = None
    docker_tmpfs: str | None = None
    batch_queue: str = "flowc"
    batch_job_role: str | None = None
    batch_execution_role: str | None = None
    batch_job_definition: str | None = None
    ecs_cluster: str = "flowc"
    ecs_launch_type: str = "FARGATE"
    ecs_subnets: str | None = None
    ecs_security_groups: str | None = None
    ecs_task_role: str | None = None
    ecs_execution_role: str | None = None
    ecs_task_definition: str | None = None
    ecs_log_group: str = "/flowc"
    local_python: str = "python"


SETTINGS = (
    Setting(
        name="compute",
        help=f"What steps run on that do not say it: {', '.join(COMPUTE_NAMES[:-1])} or {COMPUTE_NAMES[-1]}.",
        default="kubernetes",
    ),
    Setting(
        name="airflow_version",
        help=f"The release of Airflow that loads the file: {' or '.join(VERSIONS)}.",
        default="3",
    ),
    Setting(
        name="max_concurrency",
        help="Items of a foreach that are under way at a time, in each step.",
        default=None,
    ),
    Setting(
        name="deferrable",
        help="Whether Airflow's triggerer waits for tasks, instead of a worker: true or false.",
        default="false",
        is_flag=True,
    ),
    Setting(name="namespace", help="Kubernetes namespace of the pods.", default=None),
    Setting(name="service_account", help="Kubernetes service account of the pods.", default=None),
    Setting(name="docker_url", help="URL of the Docker daemon.", default=None),
    Setting(name="docker_connection", help="Airflow's connection to a registry of images.", default=None),
    Setting(name="docker_network", help="Network of the containers.", default=None),
    Setting(
        name="docker_volumes",
        help="What containers mount: SOURCE:TARGET[:ro], separated by commas.",
        default=None,
    ),
    Setting(
        name="docker_tmpfs",
        help="File systems in memory of the containers: PATH:MIB, separated by commas.",
        default=None,
    ),
    Setting(name="batch_queue", help="Name or ARN of the AWS Batch job queue.", default="flowc"),
    Setting(name="batch_job_role", help="ARN of the IAM role that jobs run with.", default=None),
    Setting(
        name="batch_execution_role",
        help="ARN of the IAM role that pulls the image and writes logs.",
        default=None,
    ),
    Setting(
        name="batch_job_definition",
        help="Name or ARN of an existing job definition, instead of those that the DAG registers.",
        default=None,
    ),
    Setting(name="ecs_cluster", help="Name or ARN of the ECS cluster.", default="flowc"),
    Setting(name="ecs_launch_type", help="What tasks of ECS run on: FARGATE or EC2.", default="FARGATE"),
    Setting(name="ecs_subnets", help="Ids of the subnets of ECS tasks, separated by commas.", default=None),
    Setting(
        name="ecs_security_groups",
        help="Ids of the security groups of ECS tasks, separated by commas.",
        default=None,
    ),
    Setting(name="ecs_task_role", help="ARN of the IAM role that ECS tasks run with.", default=None),
    Setting(
        name="ecs_execution_role",
        help="ARN of the IAM role that pulls the image and writes logs for ECS tasks.",
        default=None,
    ),
    Setting(
        name="ecs_task_definition",
        help="Family or ARN of an existing task definition, instead of those that the DAG registers.",
        default=None,
    ),
    Setting(name="ecs_log_group", help="Group in CloudWatch for the output of ECS tasks.", default="/flowc"),
    Setting(
        name="local_python",
        help="The interpreter that has flowc, on the workers of Airflow.",
        default="python",
    ),
)
