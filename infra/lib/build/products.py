"""What is built, and for what."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """A binary of the workspace that becomes a zip."""

    # Of the package in crates/, of the binary, and of the zip.
    name: str
    # What its line says when it is started without a setting, before it ends with exit status 1. Empty: it is
    # not started.
    complaint: tuple
    # Built in a call of cargo of its own: it asks for more features of crates that others use, and those would get them too.
    is_alone: bool = False
    # A help of the product's otherwise, which must change nothing in what is deployed for good.
    is_product: bool = True


FUNCTIONS = (
    Function("post-confirmation", ("config.invalid", "TENANCY_TABLE", "AWS_REGION")),
    Function("pre-token-generation", ("config.invalid", "TENANCY_TABLE", "AWS_REGION")),
    # Without LIVE_CHECK it reads no table, and needs no Region.
    Function("authorizer", ("config.invalid", "USER_POOL_IDS", "CLIENT_IDS")),
    Function("router", ("config.invalid", "TENANCY_TABLE", "DEFAULT_CELL", "AWS_REGION"), is_alone=True),
    # No part of the product: what infra/smoke-test asks Cognito with.
    Function("probe", (), is_product=False),
)


# What is built together: the features of a crate are those that any function of the group asks for.
GROUPS = (
    tuple(function for function in FUNCTIONS if not function.is_alone),
    *((function,) for function in FUNCTIONS if function.is_alone),
)


@dataclass(frozen=True)
class Architecture:
    """A kind of processor, by Lambda's name for it."""

    name: str
    triple: str
    machine: str
    interpreter: str


ARCHITECTURES = {
    "arm64": Architecture("arm64", "aarch64-unknown-linux-gnu", "EM_AARCH64", "/lib/ld-linux-aarch64.so.1"),
    "x86_64": Architecture("x86_64", "x86_64-unknown-linux-gnu", "EM_X86_64", "/lib64/ld-linux-x86-64.so.2"),
}

# The C library of `provided.al2023` (Amazon Linux 2023 user guide, "Core toolchain packages").
GLIBC = (2, 34)
# Its parts. Nothing else is to be needed, libgcc_s among it: zig links its own unwinder.
GLIBC_LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1"}

# Bytes that Lambda takes: a zip that is uploaded directly, and unzipped (Lambda developer guide, "Lambda
# quotas": 50 and 250 MB; the smaller reading of MB).
ZIP_BYTES_MAX = 50_000_000
UNZIPPED_BYTES_MAX = 250_000_000
