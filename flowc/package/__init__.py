"""The code package: a flow's plan and the files of its folder, as one archive with the same bytes every time."""

from flowc.package.archive import CodePackage, is_package, packed_plan
from flowc.package.contents import GENERATED, NO_RULES, LeftOut, Rules, Source, find_contents
from flowc.package.packing import PackageError, build_package, megabytes, pack, pack_entries
from flowc.package.upload import has_file, has_package, repair_package, upload_files, upload_package

__all__ = [
    "GENERATED",
    "NO_RULES",
    "CodePackage",
    "LeftOut",
    "PackageError",
    "Rules",
    "Source",
    "build_package",
    "find_contents",
    "has_file",
    "has_package",
    "is_package",
    "megabytes",
    "pack",
    "pack_entries",
    "packed_plan",
    "repair_package",
    "upload_files",
    "upload_package",
]
