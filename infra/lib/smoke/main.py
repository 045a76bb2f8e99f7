"""The order of things: what is made is removed, whatever happens in between."""

import hashlib
import pathlib
import platform
import secrets
import subprocess
import sys
import traceback

from . import options as command_line
from . import signals


def run(arguments):
    options = command_line.parse(arguments)
    if options.permissions:
        print(command_line.PERMISSIONS, end="")
        return 0
    from .cloud import Unusable

    try:
        return clean(options) if options.clean else smoke_test(options)
    except Unusable as error:
        print(f"smoke-test: {error}", file=sys.stderr)
        return 1


def smoke_test(options):
    from .cloud import Cloud, Unusable
    from .copies import check_zips
    from .journal import Journal
    from .report import Report
    from .tenants import find_tenantctl
    from .things import Things

    tenantctl_path = find_tenantctl(options.tenantctl)
    if not options.existing_only:
        check_zips(options)
    cloud = Cloud(options.region, options.profile, options.endpoint_url).identify()
    run_id = secrets.token_hex(4)
    where = {"region": cloud.region, "account": cloud.account, "cognito": cloud.cognito.meta.endpoint_url}
    journal = Journal.begin(run_id, {**where, "endpoint": options.endpoint_url})
    report = Report(cloud, facts(cloud, options, tenantctl_path))
    for name, value in report.facts.items():
        report.say(f"{name}: {value}")
    report.tell(f"run {run_id}; what it makes is in {journal.path}")
    things = Things(cloud, journal, report.tell, options.tier)
    signals.watch()
    try:
        try_all(cloud, things, report, options, tenantctl_path)
    except signals.Stopped:
        section = report.section("The run")
        section.check("came to its end", False, "it was stopped")
    except Exception as error:
        section = report.section("The run")
        section.check("came to its end", False, f"{type(error).__name__}: {error}")
        if not isinstance(error, Unusable):
            traceback.print_exc()
    finally:
        signals.remove_now()
        left = things.remove_all()
    return conclude(report, options, left, journal)


def try_all(cloud, things, report, options, tenantctl_path):
    from .copies import Workshop, try_copies
    from .deployed import try_deployed
    from .questions.ask import Questioner
    from .questions.catalogue import ask_all

    if options.stack or options.user_pool_id:
        try:
            try_deployed(cloud, things, report, options, tenantctl_path)
        finally:
            # Now, and not after the long part; what stays is tried again at the end.
            things.remove_all(and_go_on=True)
    if options.existing_only:
        return
    workshop = Workshop(cloud, things, report, options, tenantctl_path)
    workshop.prepare()
    try_copies(workshop)
    if not options.no_questions:
        questioner = Questioner(workshop)
        questioner.prepare()
        ask_all(questioner)


def conclude(report, options, left, journal):
    from .things import by_hand

    report.say("")
    for thing, why in left:
        report.say(f"NOT REMOVED: {thing['kind']} {thing['name']}: {why}\n  {by_hand(thing, report.cloud.flags)}")
    if left:
        report.say(f"or all at once, later: infra/smoke-test --clean {journal.path}{report.cloud.flags}")
    for title, name in report.failures:
        report.say(f"FAILED: {title}: {name}")
    checks = sum(len(section.checks) for section in report.sections)
    report.say(
        f"{checks - len(report.failures)} of {checks} checks held; "
        f"{report.differing()} of {len(report.answers)} answers differ from what is assumed"
    )
    text = report.markdown(left)
    if options.report:
        options.report.write_text(text)
        report.say(f"To send it back: open an issue in this repository with {options.report} in it.")
    else:
        report.say(
            "To send it back: run it with --report FILE, and open an issue in this repository with that. "
            "This text may name what could not be removed."
        )
    return 1 if left or report.failures else 0


def clean(options):
    """Removes what a killed run has left."""
    from .cloud import Cloud, Unusable
    from .journal import Journal
    from .report import Report
    from .things import Things, by_hand

    try:
        journal = Journal.read(options.clean)
    except (OSError, ValueError, KeyError) as error:
        raise Unusable(f"{options.clean} is not the file of a run: {error}") from None
    region, endpoint = journal.head["region"], options.endpoint_url or journal.head.get("endpoint")
    cloud = Cloud(options.region or region, options.profile, endpoint).identify()
    if cloud.region != region:
        raise Unusable(f"that run was in {region}")
    # Elsewhere nothing of the run is found, and all of it would count as removed.
    here = (cloud.account, cloud.cognito.meta.endpoint_url)
    if here != (journal.head.get("account"), journal.head.get("cognito")):
        raise Unusable("that run was in another account or at another endpoint: say --profile as it did")
    signals.remove_now()
    left = Things(cloud, journal, Report.tell).remove_all()
    for thing, why in left:
        print(f"NOT REMOVED: {thing['kind']} {thing['name']}: {why}\n  {by_hand(thing, cloud.flags)}")
    print("everything is removed" if not left else f"{len(left)} things are left; {journal.path} names them")
    return 1 if left else 0


def facts(cloud, options, tenantctl_path):
    import boto3

    from .tenants import Tenantctl

    known = {
        "where": "AWS" if cloud.is_aws else "not AWS: a local stack",
        "region": cloud.region,
        "revision": revision(),
        "tenantctl": Tenantctl(tenantctl_path, "none", cloud).version(),
        "boto3": boto3.__version__,
        "python": platform.python_version(),
    }
    if not options.existing_only:
        known["throw-away functions"] = f"{options.architecture}, {', '.join(digests(options))}"
        known["throw-away pools"] = f"tier {options.tier or 'as AWS gives it'}"
    return known


def revision():
    """What is checked out, as git says it."""
    folder = pathlib.Path(__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--tags"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    return said or "unknown"


def digests(options):
    """The zips, by the beginning of their SHA-256: whether two reports are of the same build."""
    from .copies import zip_path

    for function in ("post-confirmation", "pre-token-generation"):
        content = zip_path(options, function).read_bytes()
        yield f"{function} {hashlib.sha256(content).hexdigest()[:12]}"
