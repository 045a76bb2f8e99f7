"""The command line."""

import argparse
import pathlib
import textwrap

PERMISSIONS = """\
IAM permissions of whoever runs infra/smoke-test; REGION, ACCOUNT, POOL and TABLE are yours.
Everything that it makes has a name that begins with cognito-tenancy-smoke-.

Always
  sts:GetCallerIdentity                                   *

On the deployed pool (--stack, or --user-pool-id and --table)
  cloudformation:DescribeStacks                           the stack (only with --stack)
  cognito-idp:DescribeUserPool, CreateUserPoolClient,     arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL
    DeleteUserPoolClient, ListUserPoolClients,
    AdminConfirmSignUp, AdminGetUser, AdminDeleteUser
  lambda:GetFunctionConfiguration                         both functions
  dynamodb:GetItem, PutItem, UpdateItem, DeleteItem,      table/TABLE and its index
    ConditionCheckItem, Query, DescribeTable
  kms:Decrypt                                             the table's key, if it has one of yours

In throw-away pools (without --existing-only)
  cognito-idp:CreateUserPool, ListUserPools, TagResource, *
    DescribeUserPoolDomain
  cognito-idp:*                                           userpool/* with the tag cognito-tenancy-smoke
  lambda:CreateFunction, GetFunctionConfiguration,        function:cognito-tenancy-smoke-*
    DeleteFunction, AddPermission, InvokeFunction,
    TagResource
  iam:CreateRole, TagRole, PutRolePolicy,                 role/cognito-tenancy-smoke-*
    DeleteRolePolicy, DeleteRole, PassRole
  dynamodb:CreateTable, DescribeTable, UpdateTable,       table/cognito-tenancy-smoke-* and its index
    DeleteTable, TagResource, UpdateTimeToLive,
    UpdateContinuousBackups, DescribeContinuousBackups,
    GetItem, PutItem, UpdateItem, DeleteItem,
    ConditionCheckItem, Query
"""

EPILOGUE = """\
part A, on what is deployed (with --stack, or --user-pool-id and --table):
  A throw-away app client, two tenants, an invite and two users, on the pool and the table as they are, with
  the triggers as they are attached. The pool, the functions and the table are not changed. Users sign up with
  addresses of AWS's mail simulator (a pool that verifies addresses sends it two mails). Pools that want
  attributes get them by --attribute. The app client signs in by password, lives until this part is done, and its
  tokens for 5 minutes. Other triggers of the pool meet these users too, and what they make of them stays: with
  such the run ends before anything is made, unless --other-triggers is given.

part B, beside it (unless --existing-only):
  A throw-away table, role, copies of the functions, and user pools: sign-up, sign-in, refresh and machine
  tokens on event versions V1_0, V2_0 and V3_0; then the questions that Cognito's guide leaves open, asked by
  a function that answers as it is told (crates/probe). What the account's tier does not have is said in the
  report. Takes post-confirmation-<arch>.zip, pre-token-generation-<arch>.zip and probe-<arch>.zip from
  --dist.

what is left behind: log lines and metrics, CloudTrail's records, and nothing else. Each thing is written into smoke-test-<run>.json in the current folder before it
  is made, and removed at the end, whatever the end is. What could not be removed is named, with the command
  that removes it, and the file stays; `infra/smoke-test --clean FILE` removes what a killed run has left.

what it costs: some 15 users (monthly active users of Cognito, mostly in its free quota), some 15 machine
  tokens, some 300 short invocations of Lambda, some 300 units of DynamoDB: a few US cents at most.

exit code: 0 every check held and everything is removed; 1 otherwise; 2 wrong usage. Answers to open questions
  are never failures.

credentials and region are found as the AWS CLI finds them; AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>
  count. --permissions lists what the credentials need.

examples:
  infra/smoke-test --stack tenants-functions --report smoke.md
  infra/smoke-test --stack tenants-functions --existing-only --attribute given_name=Smoke
  infra/smoke-test        # part B alone: touches nothing that is there, and shares the account's quotas
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="infra/smoke-test",
        description=textwrap.dedent(
            """\
            Tries the two triggers on a real AWS account with throw-away users, asks Cognito what its guide
            leaves open, prints a report to send back, and removes all it made."""
        ),
        epilog=EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what to try")
    what.add_argument("--stack", metavar="NAME", help="the CloudFormation stack of infra/template.yaml")
    what.add_argument(
        "--user-pool-id", metavar="ID", help="the pool that the triggers are attached to, without --stack"
    )
    what.add_argument("--table", metavar="NAME", help="the table of the functions, without --stack")
    what.add_argument(
        "--attribute",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="an attribute that the deployed pool requires of a new user; may be repeated",
    )
    what.add_argument(
        "--other-triggers", action="store_true", help="also on a pool that has other triggers, see below"
    )
    what.add_argument("--existing-only", action="store_true", help="part A alone")
    what.add_argument("--no-questions", action="store_true", help="leave the open questions out")
    made_of = parser.add_argument_group("what it is made of")
    infra = pathlib.Path(__file__).resolve().parents[2]
    made_of.add_argument(
        "--dist",
        metavar="DIR",
        type=pathlib.Path,
        default=infra / "dist",
        help="where the zips are [infra/dist]",
    )
    made_of.add_argument(
        "--architecture", choices=("arm64", "x86_64"), default="arm64", help="of the zips [arm64]"
    )
    made_of.add_argument("--tenantctl", metavar="PATH", help="[target/debug, target/release, then PATH]")
    made_of.add_argument(
        "--tier",
        choices=("LITE", "ESSENTIALS", "PLUS"),
        help="feature plan of the throw-away pools [what AWS gives a new pool]",
    )
    where = parser.add_argument_group("where")
    where.add_argument("--region", metavar="REGION")
    where.add_argument("--profile", metavar="NAME", help="the profile in ~/.aws")
    where.add_argument("--endpoint-url", metavar="URL", help="of every service, in place of AWS")
    where.add_argument(
        "--settle-seconds",
        metavar="N",
        type=float,
        default=15.0,
        help="how long IAM gets to spread a new role before the first sign-up [15]",
    )
    out = parser.add_argument_group("what comes out")
    out.add_argument(
        "--report", metavar="FILE", type=pathlib.Path, help="also write the report here, as markdown"
    )
    out.add_argument(
        "--clean",
        metavar="FILE",
        type=pathlib.Path,
        help="remove what a killed run has left, and do nothing else",
    )
    out.add_argument(
        "--permissions",
        action="store_true",
        help="list the IAM permissions that are needed, and do nothing else",
    )
    options = parser.parse_args(arguments)
    check(parser, options)
    return options


def check(parser, options):
    if options.clean or options.permissions:
        return
    if options.stack and (options.user_pool_id or options.table):
        parser.error("--stack says where pool and table are: leave --user-pool-id and --table out")
    if bool(options.user_pool_id) != bool(options.table):
        parser.error("--user-pool-id and --table belong together")
    if options.existing_only and not (options.stack or options.user_pool_id):
        parser.error("--existing-only needs --stack, or --user-pool-id and --table")
    if any("=" not in attribute for attribute in options.attribute):
        parser.error("--attribute takes NAME=VALUE")
    options.attribute = dict(attribute.split("=", 1) for attribute in options.attribute)
