"""The question about the functions' roles: does `dynamodb:LeadingKeys` see the key of one part of a transaction, or
those of all? With those of all every redemption is denied, since it writes partitions of several kinds."""

import json
import pathlib
import secrets
import time

import botocore.exceptions

from ..cloud import code_of, message_of
from ..journey import new_password
from ..tenants import Tenants
from ..things import patiently
from .question import Question, Unclear

SUFFIX = "keys"
LISTED = pathlib.Path(__file__).parents[3] / "permissions.json"
# A new policy takes some seconds to be known, and nothing says when it is.
TRIES, SECONDS_BETWEEN = 6, 10


def statements(table_arn, pool_id, held):
    """What permissions.json gives post-confirmation on the table; without `held`, as with
    LeadingKeysInTransactions=off: writes in transactions of any key."""
    for entry in json.loads(LISTED.read_text(encoding="utf-8"))["post-confirmation"]:
        if not entry["action"].startswith("dynamodb:"):
            continue
        condition = {}
        if "inside" in entry:
            condition["ForAnyValue:StringEquals"] = {"dynamodb:EnclosingOperation": [entry["inside"]]}
        if held or "inside" not in entry:
            keys = [key.replace("{pool}", pool_id) for key in entry["keys"]]
            condition["Null"] = {"dynamodb:LeadingKeys": "false"}
            condition["ForAllValues:StringLike"] = {"dynamodb:LeadingKeys": keys}
        yield {"Effect": "Allow", "Action": entry["action"], "Resource": table_arn, "Condition": condition}


class Redeemer:
    """A pool that calls a copy of post-confirmation, with a role of its own."""

    def __init__(self, questioner):
        self.questioner = questioner
        self.things, workshop = questioner.things, questioner.workshop
        self.table_arn = workshop.table_arn
        function = workshop.function(
            "post-confirmation", SUFFIX, role_arn=self.things.role(SUFFIX), environment=workshop.environment
        )
        self.pool_id = self.things.pool(
            SUFFIX,
            Schema=[{"Name": "tenantId", "AttributeDataType": "String", "Mutable": True}],
            LambdaConfig={"PostConfirmation": function},
        )
        self.things.permission(function, self.pool_id)
        self.client_id = self.things.client(self.pool_id, SUFFIX, WriteAttributes=["email"])["ClientId"]
        self.tenant = Tenants(self.things, workshop.tenantctl).tenant(SUFFIX)
        self.allow(held=True)

    def allow(self, held):
        self.things.grant(SUFFIX, *statements(self.table_arn, self.pool_id, held))

    def redeem(self, what):
        """Confirms new users with an invite until one joins; gives the last error, or None."""
        code, error = self.tenant.invite(), None
        for attempt in range(TRIES):
            if attempt:
                time.sleep(SECONDS_BETWEEN)
            error = self.confirm(code)
            self.questioner.pools["V1_0"].evidence.append(f"a redemption {what}: {error or 'done'}")
            if error is None:
                break
        return error

    def confirm(self, code):
        cognito, name = self.questioner.cloud.cognito, f"probe-{secrets.token_hex(4)}"
        self.things.user(self.pool_id, name)
        sub = patiently(
            cognito.sign_up, ClientId=self.client_id, Username=name, Password=new_password()
        )["UserSub"]
        self.tenant.keep(f"USER#{self.pool_id}#{sub}")
        try:
            patiently(
                cognito.admin_confirm_sign_up,
                UserPoolId=self.pool_id,
                Username=name,
                ClientMetadata={"inviteCode": code},
            )
        except botocore.exceptions.ClientError as error:
            return f"{code_of(error)}: {message_of(error)}"
        return None


def prepare(questioner):
    questioner.redeemer = Redeemer(questioner)


def own_key(questioner):
    redeemer = questioner.redeemer
    if redeemer.redeem("with the condition") is None:
        return "yes"
    redeemer.allow(held=False)
    error = redeemer.redeem("without it")
    if error is None:
        return "no: redemptions are denied; deploy with LeadingKeysInTransactions=off"
    raise Unclear(f"redemptions fail with the condition and without: {error}")


QUESTIONS = [
    Question(
        "-",
        "does `dynamodb:LeadingKeys` see only its own key in a part of a transaction?",
        "yes",
        own_key,
    ),
]
