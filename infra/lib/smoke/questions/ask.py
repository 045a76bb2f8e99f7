"""Asking: pools with the probe as their trigger, a user who tells it what to do, and sign-ins."""

import concurrent.futures
import json
import time

import botocore.exceptions

from ..cloud import Unusable, code_of, message_of
from ..copies import make_machine
from ..journey import new_password
from ..things import patiently
from ..tokens import Issuer, claims_of
from .question import VERSIONS, Answer, Unclear

# Cognito waits 5 s for a trigger; the probe's own limit must be longer, so that its count survives.
PROBE_TIMEOUT_SECONDS = 20
# And shorter, to see what Lambda's own limit leads to.
SHORT_TIMEOUT_SECONDS = 2
ATTRIBUTE = "custom:probe"
CHALLENGE = "a challenge"


class SignIn:
    """How one sign-in ended: claims of both tokens, or an error."""

    def __init__(self, answer=None, error=None, seconds=0.0):
        answer = answer or {}
        self.tokens = tokens = answer.get("AuthenticationResult")
        self.seconds = seconds
        # A challenge where tokens were expected is a refusal, too.
        self.code = code_of(error) if error else answer.get("ChallengeName")
        self.message = message_of(error) if error else CHALLENGE
        self.id = claims_of(tokens["IdToken"]) if tokens else {}
        self.access = claims_of(tokens["AccessToken"]) if tokens else {}

    @property
    def is_error(self):
        """Refused by the trigger, or by what became of its reply; and not by a challenge, before it."""
        return self.is_refused and self.message != CHALLENGE

    @property
    def is_refused(self):
        return self.tokens is None

    def refusal(self):
        return f"refused: {self.code}"

    def groups(self):
        return self.id.get("cognito:groups", []), self.access.get("cognito:groups", [])

    def described(self):
        if self.is_refused:
            return f"{self.code}: {self.message}"
        shown = ("cognito:groups", "cognito:roles", "cognito:preferred_role", "scope", "probe", "version")
        parts = []
        for name, claims in (("id", self.id), ("access", self.access)):
            found = {claim: claims[claim] for claim in shown if claim in claims}
            parts.append(f"{name} {json.dumps(found)}")
        return "; ".join(parts)


class ProbePool:
    """A throw-away pool of one event version, whose pre-token-generation trigger is the probe."""

    def __init__(self, questioner, version, function_arn, suffix=None):
        self.questioner = questioner
        self.cloud = questioner.cloud
        self.things = questioner.things
        self.version = version
        self.short = suffix or f"q{version[1]}"
        self.evidence = []
        self.id = self.things.pool(
            self.short,
            Schema=[
                {
                    "Name": "probe",
                    "AttributeDataType": "String",
                    "Mutable": True,
                    "StringAttributeConstraints": {"MaxLength": "2048"},
                }
            ],
            LambdaConfig={"PreTokenGenerationConfig": {"LambdaArn": function_arn, "LambdaVersion": version}},
        )
        self.things.permission(function_arn, self.id)
        self.client_id = self.client("client", ["email", "email_verified", ATTRIBUTE])
        self.user, self.password = f"probe-{self.short}", new_password()
        self.create_user(self.user, self.password)

    def client(self, suffix, read):
        made = self.things.client(
            self.id,
            suffix=f"{self.short}-{suffix}",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            ReadAttributes=read,
            WriteAttributes=["email"],
        )
        return made["ClientId"]

    def create_user(self, name, password, permanent=True):
        self.things.user(self.id, name)
        patiently(
            self.cloud.cognito.admin_create_user,
            UserPoolId=self.id,
            Username=name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": "success@simulator.amazonses.com"},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "given_name", "Value": "Probe"},
            ],
        )
        if permanent:
            patiently(
                self.cloud.cognito.admin_set_user_password,
                UserPoolId=self.id,
                Username=name,
                Password=password,
                Permanent=True,
            )

    def tell(self, instruction, user=None):
        """What the probe is to do at the next sign-in; None takes the attribute away."""
        text = json.dumps(instruction, separators=(",", ":")) if instruction else ""
        patiently(
            self.cloud.cognito.admin_update_user_attributes,
            UserPoolId=self.id,
            Username=user or self.user,
            UserAttributes=[{"Name": ATTRIBUTE, "Value": text}],
        )

    def sign_in(self, key=None, user=None, password=None, client_id=None, metadata=None, **instruction):
        """Signs in, with the probe doing as told; without a key it shows what it saw."""
        key = key and f"{self.short}-{key}"
        told = {"key": key, **instruction} if key else None
        self.tell(told, user)
        arguments = {"ClientMetadata": metadata} if metadata else {}
        for _ in range(5):
            ended = self.timed(
                self.cloud.cognito.initiate_auth,
                ClientId=client_id or self.client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": user or self.user, "PASSWORD": password or self.password},
                **arguments,
            )
            if self.was_told(told, ended, client_id):
                break
            time.sleep(1)
        if key and ended.is_error:
            self.questioner.refused.append(key)
        self.note(told, ended)
        return ended

    @staticmethod
    def was_told(told, ended, client_id):
        """Whether the sign-in already knew the instruction: the attribute is in the ID token, too. Of a
        refused one only the probe's count can tell, and of another client, which may not read it, nothing."""
        if ended.is_refused or client_id:
            return True
        seen = ended.id.get(ATTRIBUTE)
        return (json.loads(seen) if seen else None) == told

    def timed(self, call, **arguments):
        """One sign-in. Only throttling is tried again, since every call calls the probe."""
        waits = [9, 3, 1]
        while True:
            begun = time.monotonic()
            try:
                answer = call(**arguments)
            except botocore.exceptions.ClientError as error:
                if code_of(error) != "TooManyRequestsException" or not waits:
                    return SignIn(error=error, seconds=time.monotonic() - begun)
                time.sleep(waits.pop())
            else:
                return SignIn(answer, seconds=time.monotonic() - begun)

    def note(self, told, ended):
        shown = {name: value for name, value in (told or {}).items() if name != "key"}
        self.evidence.append(f"{self.version} {json.dumps(shown)} -> {ended.described()}")

    def saw(self, **arguments):
        """The digest of the event of a sign-in."""
        ended = self.sign_in(**arguments)
        if "probe_saw" not in ended.id:
            raise Unclear(f"the probe's digest is not in the token ({ended.code or 'no claim'})")
        digest = json.loads(ended.id["probe_saw"])
        self.evidence[-1] = f"{self.version} event: {json.dumps(digest)}"
        return digest


class Questioner:
    """Makes the pools, asks, counts, answers."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.cloud = workshop.cloud
        self.things = workshop.things
        self.report = workshop.report
        self.pools = {}
        self.refused = []
        self.function = None
        self.short_pool = None
        self.machine = None

    def prepare(self):
        self.report.section("Open questions")
        self.report.tell("making the probe and its pools")
        self.function = self.workshop.function("probe", "probe", timeout=PROBE_TIMEOUT_SECONDS)
        short = self.workshop.function("probe", "short", timeout=SHORT_TIMEOUT_SECONDS)
        for version in VERSIONS:
            try:
                self.pools[version] = ProbePool(self, version, self.function)
            except botocore.exceptions.ClientError as error:
                if code_of(error) != "FeatureUnavailableInTierException":
                    raise
                self.report.sections[-1].note(f"no pool with {version}: {message_of(error)}")
        self.short_pool = ProbePool(self, "V1_0", short, "short")
        for pool in [*self.pools.values(), self.short_pool]:
            self.wait_for(pool)
        if "V3_0" in self.pools:
            self.machine = Machine(self, self.pools["V3_0"])

    def wait_for(self, pool):
        """A permission that was just given takes a moment to be known."""
        deadline = time.monotonic() + 60
        while True:
            ended = pool.sign_in("ready", do="reply")
            if not ended.is_refused:
                break
            if time.monotonic() > deadline:
                raise Unusable(f"no sign-in on {pool.version} with the probe: {ended.described()}")
            time.sleep(2)
        pool.evidence.clear()

    def ask(self, question):
        """Asks one question on each of its versions."""
        if not question.versions:
            for pool in self.pools.values():
                pool.evidence.clear()
            answers = {None: self.answer_of(question, self)}
            return Answer(question, answers, [line for pool in self.pools.values() for line in pool.evidence])
        answers, evidence = {}, []
        for version in question.versions:
            if version not in self.pools:
                answers[version] = "not asked, the account's tier does not have it"
                continue
            pool = self.pools[version]
            pool.evidence.clear()
            answers[version] = self.answer_of(question, pool)
            evidence += pool.evidence
        return Answer(question, answers, evidence)

    @staticmethod
    def answer_of(question, about):
        try:
            return question.ask(about)
        except Unclear as error:
            return f"unclear: {error}"
        except botocore.exceptions.ClientError as error:
            return f"unclear: {code_of(error)}: {message_of(error)}"
        except (
            Exception
        ) as error:  # Whatever an answer looks like, the other questions are still to be asked.
            return f"unclear: {type(error).__name__}: {error}"

    def unconfirmed(self):
        """The instructions of refused sign-ins that the probe has not counted. It counts in memory, so what
        is missing may be forgotten; but what is there was met."""
        counts = self.counts()
        return [
            key
            for key in self.refused
            if key not in counts and not key.startswith(f"{self.short_pool.short}-")
        ]

    def counts(self, calls=8):
        """How often the probe has met each instruction, in all processes that can be reached: as many calls
        at the same time reach as many processes, those that are there first."""
        payload = json.dumps({"probeCounts": {"waitMilliseconds": 3000}})

        def look(_):
            answer = self.cloud.functions.invoke(FunctionName=self.function, Payload=payload)
            return json.loads(answer["Payload"].read())

        by_process = {}
        with concurrent.futures.ThreadPoolExecutor(calls) as pool:
            for seen in pool.map(look, range(calls)):
                by_process[seen["process"]] = seen["counts"]
        total = {}
        for counts in by_process.values():
            for key, count in counts.items():
                total[key] = total.get(key, 0) + count
        return total


class Machine:
    """An app client with client credentials in the V3 pool of the probe."""

    def __init__(self, questioner, pool):
        self.pool = pool
        self.cloud = questioner.cloud
        domain, self.client = make_machine(questioner.things, pool.id, pool.short)
        self.issuer = Issuer(questioner.cloud, pool.id)
        self.endpoint = self.issuer.token_endpoint(domain, questioner.cloud.region)

    @property
    def url(self):
        return self.cloud.cognito.meta.endpoint_url

    def client_of_api(self):
        """An app client that may call `GetClientToken`, which excludes all other flows."""
        return self.pool.things.client(
            self.pool.id,
            suffix=f"{self.pool.short}-client-token",
            GenerateSecret=True,
            ExplicitAuthFlows=["ALLOW_CLIENT_TOKEN_AUTH"],
            AllowedOAuthScopes=["smoke/test"],
        )

    def token(self, key=None, **instruction):
        """A token, with the probe doing as told by metadata: HTTP status, claims or error."""
        if self.endpoint is None:
            raise Unclear("the token endpoint of the new domain did not answer in two minutes")
        metadata = {"probe": json.dumps({"key": f"machine-{key}", **instruction})} if key else None
        status, body = self.issuer.machine_token(
            self.endpoint, self.client["ClientId"], self.client["ClientSecret"], metadata
        )
        claims = claims_of(body["access_token"]) if "access_token" in body else body
        shown = {
            name: claims[name]
            for name in ("error", "error_description", "scope", "version", "probe", "cognito:groups")
            if name in claims
        }
        self.pool.evidence.append(f"machine {json.dumps(instruction)} -> {status} {json.dumps(shown)}")
        return status, claims
