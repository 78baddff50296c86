"""What targets have in common that run tasks on AWS: jobs and their definitions, in the words of AWS's interfaces."""
