"""AWS: who, where, and one client for each service."""

import os
import re
import threading

import boto3
import botocore.exceptions
from botocore.config import Config

TAG = "cognito-tenancy-smoke"


class Cloud:
    """The account and region of a run. Clients are made once."""

    def __init__(self, region=None, profile=None, endpoint_url=None):
        self.endpoint_url = endpoint_url
        self.profile = profile
        region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        self.session = boto3.Session(region_name=region, profile_name=profile)
        self.region = self.session.region_name
        if not self.region:
            raise Unusable("no region: say --region, or set AWS_REGION")
        self.clients = {}
        self.lock = threading.Lock()
        self.account = None

    def identify(self):
        """Asks who calls: the first call, so that bad credentials are found before anything is made."""
        try:
            self.account = self.sts.get_caller_identity()["Account"]
        except botocore.exceptions.NoCredentialsError:
            raise Unusable("no AWS credentials") from None
        except botocore.exceptions.BotoCoreError as error:
            raise Unusable(f"AWS cannot be reached: {error}") from None
        except botocore.exceptions.ClientError as error:
            raise Unusable(f"AWS does not know these credentials: {error}") from None
        return self

    def client(self, service):
        with self.lock:
            if service not in self.clients:
                # No retries of sign-ins: each would fire the triggers again. See `things.patiently`.
                attempts = 1 if service == "cognito-idp" else 5
                config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=70)
                self.clients[service] = self.session.client(
                    service, endpoint_url=self.endpoint_url, config=config
                )
            return self.clients[service]

    @property
    def cognito(self):
        return self.client("cognito-idp")

    @property
    def functions(self):
        return self.client("lambda")

    @property
    def dynamodb(self):
        return self.client("dynamodb")

    @property
    def iam(self):
        return self.client("iam")

    @property
    def sts(self):
        return self.client("sts")

    def environment(self):
        """What makes another program call as whom and where this one does, however that was found."""
        found = self.session.get_credentials().get_frozen_credentials()
        named = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        for name in ("AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"):
            if name in os.environ:
                named[name] = os.environ[name]
        if found.token:
            named["AWS_SESSION_TOKEN"] = found.token
        return {
            **named,
            "AWS_ACCESS_KEY_ID": found.access_key,
            "AWS_SECRET_ACCESS_KEY": found.secret_key,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL_DYNAMODB": self.dynamodb.meta.endpoint_url,
            "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": self.cognito.meta.endpoint_url,
            "AWS_ENDPOINT_URL_STS": self.sts.meta.endpoint_url,
            "AWS_ENDPOINT_URL_LAMBDA": self.functions.meta.endpoint_url,
        }

    @property
    def flags(self):
        """The same for commands of the AWS CLI that somebody types."""
        flags = f" --profile {self.profile}" if self.profile else ""
        return f"{flags} --region {self.region}"

    @property
    def is_aws(self):
        """Whether this is AWS and not something that plays it."""
        return self.cognito.meta.endpoint_url.endswith((".amazonaws.com", ".amazonaws.com.cn", ".api.aws"))

    def pool_arn(self, pool_id):
        return f"arn:{self.partition}:cognito-idp:{self.region}:{self.account}:userpool/{pool_id}"

    @property
    def partition(self):
        return self.session.get_partition_for_region(self.region)


class Unusable(Exception):
    """The run cannot begin, or cannot go on; the text is for whoever runs it."""


def code_of(error):
    """The service's name of an error."""
    return error.response.get("Error", {}).get("Code", "") if hasattr(error, "response") else ""


def message_of(error):
    return error.response.get("Error", {}).get("Message", "") if hasattr(error, "response") else str(error)


class Sanitiser:
    """Takes out of texts what a report must not say: accounts, pools, addresses, ids, tokens, codes."""

    PATTERNS = [
        (re.compile(r"arn:[\w-]+:(?:iam|sts)::\S+"), "<principal>"),
        (re.compile(r"eyJ[\w-]+\.[\w-]+(\.[\w-]*)*"), "<token>"),
        (re.compile(r"inv_[0-9A-Za-z-]{10,}"), "<code>"),
        (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+\w"), "<address>"),
        (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
        (re.compile(r"\b[a-z]{2}(-[a-z]+)+-\d_[0-9A-Za-z]+"), "<pool>"),
        (re.compile(r"\b\d{12}\b"), "<account>"),
        (re.compile(r"\b[0-9a-z]{26}\b"), "<client>"),
    ]

    def __call__(self, text):
        for pattern, replacement in self.PATTERNS:
            text = pattern.sub(replacement, text)
        return text


sanitised = Sanitiser()
