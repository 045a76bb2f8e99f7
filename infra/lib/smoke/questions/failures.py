"""Questions about triggers that fail: are they called again, what is the app told, what survives?"""

import time

import botocore.exceptions

from ..cloud import code_of
from ..journey import new_password
from .ask import SHORT_TIMEOUT_SECONDS
from .question import VERSIONS, Question, Unclear

TEXT = "Probe says no"


def label(pool):
    ended = pool.sign_in("label", do="fail", text=TEXT)
    if not ended.is_refused:
        raise Unclear("the sign-in was not refused")
    # "<label> failed with error <text>."
    head, middle, tail = ended.message.partition(" failed with error ")
    if not middle:
        return f"other words: {ended.message}"
    return head if tail == f"{TEXT}." else f"{head}, with {tail!r} behind it"


def retries(pool):
    """How often a function that reports an error is called."""
    key = f"retry-{time.time_ns()}"
    pool.sign_in(key, do="fail", text=TEXT)
    count = pool.questioner.counts().get(f"{pool.short}-{key}", 0)
    if not count:
        raise Unclear("the process that counted could not be reached")
    pool.evidence.append(f"{pool.version} the probe was called {count} time(s)")
    return "called once" if count == 1 else f"called {count} times"


def timeouts(pool):
    """How often a function that does not answer in time is called."""
    key = f"timeout-{time.time_ns()}"
    ended = pool.sign_in(key, waitMilliseconds=6500)
    # The last attempt still runs; only a process that is idle can be asked.
    time.sleep(7.5)
    count = pool.questioner.counts().get(f"{pool.short}-{key}", 0)
    pool.evidence.append(f"{pool.version} {ended.seconds:.0f} s, the probe was called {count} time(s)")
    by_time = int(ended.seconds // 5)
    if not ended.is_refused:
        return f"tokens after {ended.seconds:.0f} s"
    if not count:
        raise Unclear("the process that counted could not be reached")
    if count != by_time:
        return f"called {count} times in {ended.seconds:.0f} s, then {ended.code}"
    return (
        f"called {by_time} times, {int(ended.seconds / by_time) if by_time else 0} s each, then {ended.code}"
    )


def own_timeout(questioner):
    """How often a function is called that hits Lambda's own limit inside Cognito's."""
    pool = questioner.short_pool
    ended = pool.sign_in("own-timeout", waitMilliseconds=15000)
    questioner.pools["V1_0"].evidence.append(
        f"a limit of {SHORT_TIMEOUT_SECONDS} s: {ended.seconds:.1f} s, {ended.described()}"
    )
    if not ended.is_refused:
        raise Unclear("the sign-in was not refused")
    times = max(1, int((ended.seconds + 0.5) // SHORT_TIMEOUT_SECONDS))
    return f"{'called once' if times == 1 else f'called {times} times'}, then {ended.code}"


def new_password_survives(pool):
    """Does a new password count when the trigger fails after it was set?"""
    user, first, second = f"{pool.user}-new", new_password(), new_password()
    pool.create_user(user, first, permanent=False)
    # The trigger is not called before the challenge is answered.
    pool.tell({"key": f"{pool.short}-new-password", "do": "fail", "text": TEXT}, user)
    cognito = pool.cloud.cognito
    parameters = {"USERNAME": user, "PASSWORD": first}
    asked = cognito.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
    )
    if asked.get("ChallengeName") != "NEW_PASSWORD_REQUIRED":
        raise Unclear(f"asked for {asked.get('ChallengeName')}")
    ended = pool.timed(
        cognito.respond_to_auth_challenge,
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=asked["Session"],
        ChallengeResponses={"USERNAME": user, "NEW_PASSWORD": second},
    )
    if not ended.is_refused:
        raise Unclear("the challenge was not refused")
    pool.note({"do": "fail"}, ended)
    again = pool.sign_in("new-password-again", user=user, password=second)
    return "yes" if not again.is_refused else f"no: {again.code}"


def refused_refresh(pool):
    """Is a refresh token that is rotated spent when the trigger refuses?"""
    cognito = pool.cloud.cognito
    try:
        client_id = pool.things.client(
            pool.id,
            suffix=f"{pool.short}-rotating",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
            RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
            WriteAttributes=["email"],
        )["ClientId"]
    except botocore.exceptions.ClientError as error:
        if code_of(error) != "FeatureUnavailableInTierException":
            raise
        return "not asked: the account's tier has no rotation"
    signed_in = pool.sign_in("rotation", client_id=client_id, do="reply")
    if signed_in.is_refused:
        raise Unclear(signed_in.described())
    token = signed_in.tokens["RefreshToken"]

    def refresh(told):
        ended = pool.timed(cognito.get_tokens_from_refresh_token, ClientId=client_id, RefreshToken=token)
        pool.note(told, ended)
        return ended

    told = {"key": f"{pool.short}-rotation-refused", "do": "fail", "text": TEXT}
    pool.tell(told)
    for _ in range(5):
        refused = refresh(told)
        if refused.is_refused:
            break
        # It was not known yet, and the token is spent.
        token = refused.tokens["RefreshToken"]
        time.sleep(1)
    else:
        raise Unclear("the refresh was not refused")
    pool.tell(None)
    for _ in range(5):
        again = refresh(None)
        if again.code != refused.code:
            break
        time.sleep(1)
    return "no" if not again.is_refused else f"yes: {again.code}"


def rewritten(_):
    return (
        "not asked: it takes an identity provider and a browser. By hand: a pool whose OIDC provider maps `email` and "
        "`email_verified`, which can be another user pool with a domain; a native user with a verified address, linked to a "
        "user of the provider by AdminLinkProviderForUser; change the address at the provider, sign in by it, and look "
        "at both attributes with AdminGetUser, once with `email_verified` mapped and once without"
    )


def federated(_):
    return (
        "not asked: it takes an identity provider and a browser. By hand: a pool with an OIDC provider, "
        "post-confirmation attached, a pre-token-generation function that logs whether `custom:tenantId` is "
        "in the event; sign in for the first time through managed login with some hundred fresh users, and count"
    )


LABELS = {"V1_0": "PreTokenGeneration", "V2_0": "PreTokenGenerationV2_0", "V3_0": "PreTokenGenerationV3_0"}

QUESTIONS = [
    Question(
        "6", "a function that reports an error:", "called once", retries, "RETRY_FUNCTION_ERRORS", VERSIONS
    ),
    Question(
        "6",
        "a function that does not answer in 5 s:",
        "called 3 times, 5 s each, then UnexpectedLambdaException",
        timeouts,
        None,
        ("V1_0",),
    ),
    Question(
        "6",
        "a function that hits Lambda's own limit before:",
        "called once, then UserLambdaValidationException",
        own_timeout,
        "RETRY_FUNCTION_ERRORS",
    ),
    Question("7", "does a stamp show in the same federated sign-in?", "", federated),
    Question(
        "-", "does `email_verified` stay true when a provider rewrites a linked user's address?", "", rewritten
    ),
    Question(
        "-",
        "does a refresh that the trigger refuses spend a rotated refresh token?",
        "no",
        refused_refresh,
        "REFUSED_REFRESH_SPENDS_TOKEN",
        ("V1_0",),
    ),
    Question("-", "the trigger's name in an error's text:", LABELS, label, "error_label", VERSIONS),
    Question(
        "-",
        "does a new password survive a failed trigger?",
        "yes",
        new_password_survives,
        "NEW_PASSWORD_SURVIVES_TRIGGER_FAILURE",
        ("V1_0",),
    ),
]
