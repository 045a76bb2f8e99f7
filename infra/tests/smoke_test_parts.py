#!/usr/bin/env python3
"""Parts of infra/smoke-test that a run against the local stack does not show: what it does on failures."""

import base64
import contextlib
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import environments  # noqa: E402

if __name__ == "__main__":
    environments.enter("smoke-test")

import botocore.exceptions  # noqa: E402
from smoke import options, settings, signals, tenants, things, tokens  # noqa: E402
from smoke.cloud import Unusable, sanitised  # noqa: E402
from smoke.journal import Journal  # noqa: E402
from smoke.questions import failures, keys, machines  # noqa: E402
from smoke.questions.ask import SignIn  # noqa: E402
from smoke.questions.question import Answer, Question, Unclear  # noqa: E402


def refusal(code):
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Signatures(unittest.TestCase):
    # RFC 7515, appendix A.2: a key, a signature by it, and what was signed.
    KEY = {
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm"
        "fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yR"
        "T-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0"
        "LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQO"
        "S-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I"
        "5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2e"
        "thFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
        "e": "AQAB",
    }
    SIGNED = (
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk"
        "zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        "Ijp0cnVlfQ"
    )
    SIGNATURE = (
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5R"
        "Zmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9"
        "CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBA"
        "rLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383Lc"
        "OLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeY"
        "I2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywl"
        "VmtVrBp0igcN_IoypGlUPQGe77Rw"
    )

    def test_a_signature_is_good_for_what_was_signed_alone(self):
        signature = tokens.decoded(self.SIGNATURE)
        changed = bytes([signature[0] ^ 1]) + signature[1:]

        self.assertTrue(tokens.is_signed(self.SIGNED.encode(), signature, self.KEY))
        self.assertFalse(tokens.is_signed(self.SIGNED.encode() + b"x", signature, self.KEY))
        self.assertFalse(tokens.is_signed(self.SIGNED.encode(), changed, self.KEY))
        self.assertFalse(tokens.is_signed(self.SIGNED.encode(), signature[1:], self.KEY))
        self.assertFalse(tokens.is_signed(self.SIGNED.encode(), b"", self.KEY))

    def test_an_unsigned_token_is_refused(self):
        issuer = tokens.Issuer.__new__(tokens.Issuer)
        with self.assertRaisesRegex(ValueError, "signed by none"):
            # {"alg":"none"}
            issuer.verified("eyJhbGciOiJub25lIn0.e30.")


class Reports(unittest.TestCase):
    def test_what_identifies_is_taken_out(self):
        text = (
            "arn:aws:iam::123456789012:role/x ana+1@example.com eu-west-1_AbCdEf123 "
            "inv_01234-56789-abcde-fghjk-mnpqr-s "
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UifQ.c2ln "
            "278c8a4c-541c-43c8-b4d3-3e2b289af477 wrfrrc1gz4lziethw2w03wunp6"
        )
        self.assertEqual(
            sanitised(text), "<principal> <address> <pool> <code> <token> <uuid> <client>"
        )

    def test_an_answer_is_compared_with_what_is_assumed(self):
        question = Question(
            "1", "", {"V1_0": "a", "V2_0": "b", "V3_0": "b"}, None, versions=("V1_0", "V2_0", "V3_0")
        )
        rows = [
            ({"V1_0": "a", "V2_0": "b", "V3_0": "b"}, "assumed", "V1: a; V2, V3: b"),
            ({"V1_0": "a", "V2_0": "b", "V3_0": "c"}, "DIFFERS", "V1: a; V2: b; V3: c"),
            ({"V1_0": "a", "V2_0": "not asked", "V3_0": "not asked"}, "assumed", "V1: a; V2, V3: not asked"),
            ({"V1_0": "c", "V2_0": "unclear: x", "V3_0": "b"}, "unclear", "V1: c; V2: unclear: x; V3: b"),
        ]
        for answers, verdict, text in rows:
            answer = Answer(question, answers)
            self.assertEqual((answer.verdict, answer.text), (verdict, text))


class Answers(unittest.TestCase):
    """What the local stack never answers."""

    def test_redemptions_that_fail_with_the_condition_alone_are_denied_by_it(self):
        for outcomes, answer in (
            ([None], "yes"),
            (["AccessDenied", None], "no: redemptions are denied; deploy with LeadingKeysInTransactions=off"),
        ):
            redeemer = mock.Mock(**{"redeem.side_effect": outcomes})
            self.assertEqual(keys.own_key(mock.Mock(redeemer=redeemer)), answer)
        redeemer = mock.Mock(**{"redeem.side_effect": ["AccessDenied", "AccessDenied"]})
        with self.assertRaises(Unclear):
            keys.own_key(mock.Mock(redeemer=redeemer))

    def test_without_the_condition_writes_of_transactions_alone_are_free_of_keys(self):
        held, free = (list(keys.statements("table", "p", is_held)) for is_held in (True, False))

        self.assertTrue(all("dynamodb:LeadingKeys" in str(one["Condition"]) for one in held))
        self.assertIn("USER#p#*", str(held))
        for one in free:
            writes = "EnclosingOperation" in str(one["Condition"])
            self.assertNotEqual(writes, "LeadingKeys" in str(one["Condition"]), one)
            self.assertNotEqual(writes, one["Action"] in ("dynamodb:GetItem", "dynamodb:Query"), one)

    def test_the_event_of_a_client_token_is_told_with_its_source(self):
        saw = json.dumps({"triggerSource": "TokenGeneration_New", "request": {}})
        token = "." + base64.urlsafe_b64encode(json.dumps({"probe_saw": saw}).encode()).decode() + "."
        given = {"ClientAuthenticationResult": {"AccessToken": token}}
        rows = [
            ([(400, {"__type": "UnknownOperationException"})], "not asked: this server"),
            ([(400, {"__type": "ResourceNotFoundException"}), (200, given)], "source TokenGeneration_New, no `userName`"),
            ([(400, {}), (400, {"__type": "InvalidLambdaResponseException"})], "refused: 400 InvalidLambda"),
        ]
        for answers, told in rows:
            with mock.patch.object(machines, "unsigned", side_effect=answers):
                questioner = mock.Mock(**{"machine.client_of_api.return_value": {"ClientId": "c", "ClientSecret": "s"}})
                self.assertTrue(machines.client_token(questioner).startswith(told), told)

    def test_a_refresh_token_that_a_refused_refresh_has_spent_is_found(self):
        for code, told in ((None, "no"), ("RefreshTokenReuseException", "yes: RefreshTokenReuseException")):
            refused = SignIn(error=refusal("UserLambdaValidationException"))
            again = mock.Mock(code=code, is_refused=code is not None)
            pool = mock.Mock(short="q1", **{"timed.side_effect": [refused, again]})
            pool.things.client.return_value = {"ClientId": "c"}
            pool.sign_in.return_value = mock.Mock(is_refused=False, tokens={"RefreshToken": "t"})
            self.assertEqual(failures.refused_refresh(pool), told)


class Removing(unittest.TestCase):
    """Against a cloud that refuses."""

    def things(self, folder, listed):
        journal = Journal(pathlib.Path(folder) / "journal.json", {"run": "0123abcd"}, listed)
        journal.write()
        made = things.Things(None, journal, lambda _: None)
        self.tried = []

        def remove(thing):
            self.tried.append(thing["name"])
            if thing["name"] == "stuck":
                raise refusal("AccessDeniedException")

        made.remove = remove
        return made, journal

    def test_one_that_stays_keeps_none_of_the_others_and_is_still_in_the_journal(self):
        listed = [
            {"kind": "role", "name": "first"},
            {"kind": "function", "name": "stuck"},
            {"kind": "pool", "name": "last", "id": "p"},
        ]
        with tempfile.TemporaryDirectory() as folder:
            made, journal = self.things(folder, listed)

            left = made.remove_all()

            self.assertEqual(self.tried, ["last", "stuck", "first"])
            self.assertEqual([thing["name"] for thing, _ in left], ["stuck"])
            kept = json.loads(journal.path.read_text())["things"]
            self.assertEqual([thing["name"] for thing in kept], ["stuck"])
            self.assertIn("delete-function --function-name stuck", things.by_hand(kept[0]))

    def test_what_goes_along_is_not_removed_by_itself(self):
        listed = [
            {"kind": "pool", "name": "own", "id": "p"},
            {"kind": "client", "name": "client", "pool": "p", "id": "c"},
            {"kind": "domain", "name": "domain", "pool": "p"},
            {"kind": "user", "name": "theirs", "pool": "deployed"},
        ]
        with tempfile.TemporaryDirectory() as folder:
            made, journal = self.things(folder, listed)

            self.assertEqual(made.remove_all(), [])

            self.assertEqual(self.tried, ["theirs", "domain", "own"])
            self.assertFalse(journal.path.exists())

    def test_every_kind_can_be_removed_by_hand_and_by_the_tool(self):
        for kind in ("table", "role", "function", "pool", "domain", "client", "user", "tenant"):
            self.assertIn("x", things.by_hand({"kind": kind, "name": "x", "pool": "p", "table": "t"}))
            self.assertTrue(callable(getattr(things.Things, f"remove_{kind}")))

    def test_items_of_a_tenant_that_is_not_of_a_run_are_never_touched(self):
        with self.assertRaises(ValueError):
            tenants.remove_items(None, "tenancy", "acme", [])

    def test_busy_services_are_asked_again_and_refusals_are_not(self):
        answers = [refusal("TooManyRequestsException"), refusal("NotAuthorizedException")]

        def call():
            raise answers.pop(0)

        with self.assertRaises(botocore.exceptions.ClientError) as raised:
            things.patiently(call)
        self.assertEqual(raised.exception.response["Error"]["Code"], "NotAuthorizedException")


class Signals(unittest.TestCase):
    def setUp(self):
        self.addCleanup(setattr, signals.State, "asked", False)
        self.addCleanup(setattr, signals.State, "removing", False)

    def test_a_call_ends_before_the_run_does(self):
        with self.assertRaises(signals.Stopped), signals.uninterrupted():
            signals.stop(None, None)
            ended = True
        self.assertTrue(ended)

    def test_an_exception_that_was_lost_comes_at_the_next_call(self):
        with contextlib.suppress(signals.Stopped):
            signals.stop(None, None)

        made = []
        with self.assertRaises(signals.Stopped), signals.uninterrupted():
            made.append("after it was stopped")
        self.assertEqual(made, [])

    def test_nothing_interrupts_the_removing(self):
        signals.State.asked = signals.State.removing = True
        with open("/dev/null", "w") as nothing, contextlib.redirect_stderr(nothing), signals.uninterrupted():
            signals.stop(None, None)


class WhatIsOurs(unittest.TestCase):
    def test_only_names_of_the_run_are_removed(self):
        journal = type("Journal", (), {"head": {"run": "0123abcd"}})
        of_run = things.Things(None, journal, None)
        own = "cognito-tenancy-smoke-0123abcd"
        for thing in (
            {"kind": "table", "name": own},
            {"kind": "pool", "name": f"{own}-v10"},
            {"kind": "domain", "name": "tenancy-smoke-0123abcd-v3"},
            {"kind": "user", "name": "success+0123456789ab@simulator.amazonses.com"},
            {"kind": "tenant", "name": f"{own}-xa", "partitions": ["INVITE#1", "USER#p#s", "CLIENT#p#c"]},
        ):
            self.assertTrue(of_run.is_ours(thing), thing)
        for thing in (
            {"kind": "table", "name": "prod-tenancy"},
            {"kind": "table", "name": f"{own}2"},
            {"kind": "pool", "name": "cognito-tenancy-smoke-99999999-v10"},
            {"kind": "domain", "name": "login"},
            {"kind": "user", "name": "ana@example.com"},
            {"kind": "tenant", "name": f"{own}-xa", "partitions": ["TENANT#acme"]},
            {"kind": "tenant", "name": "acme", "partitions": []},
        ):
            with self.assertRaises(Unusable, msg=str(thing)):
                of_run.remove(thing)


class CommandLine(unittest.TestCase):
    def test_what_does_not_go_together_is_refused(self):
        for line in (
            "--stack s --table t",
            "--table t",
            "--user-pool-id p",
            "--existing-only",
            "--attribute x",
        ):
            with self.assertRaises(SystemExit) as raised, open("/dev/null", "w") as nothing:
                shown, sys.stderr = sys.stderr, nothing
                try:
                    options.parse(line.split())
                finally:
                    sys.stderr = shown
            self.assertEqual(raised.exception.code, 2, line)

    def test_settings_of_the_functions_decide_what_is_expected(self):
        tenant = type("Tenant", (), {"id": "t", "name": "T"})
        set_to = settings.Settings(
            {"UNINVITED": "admit"},
            {"CLAIM_TENANT_ID": "org", "CLAIMS_ACCESS": "id", "GROUP_FORMAT": "{tenant_id}:{role}, {tier}"},
        )

        self.assertEqual(set_to.claims(tenant, "V2_0", "access"), {"org": "t"})
        self.assertEqual(set_to.claims(tenant, "V1_0", "access"), {})
        self.assertEqual(set_to.claims(tenant, "V1_0", "id")["tenant_roles"], "smoke-member")
        self.assertEqual(set_to.groups(tenant), ["t:smoke-member", "smoke"])
        self.assertEqual(
            sorted(set_to.changed()), ["CLAIMS_ACCESS", "CLAIM_TENANT_ID", "GROUP_FORMAT", "UNINVITED"]
        )

    def test_the_marker_is_expected_where_it_is_set_and_can_be(self):
        marking = settings.Settings({}, {"MARKER_SCOPE": "tenancy/member"})
        rows = [
            (marking, "V2_0", "openid tenancy/member", True),
            (marking, "V2_0", "openid tenancy/members", False),
            (marking, "V1_0", "openid", None),
            (settings.Settings(), "V2_0", "openid", None),
        ]
        for set_to, version, scope, expected in rows:
            self.assertEqual(set_to.has_marker({"scope": scope}, version), expected, (version, scope))
        self.assertEqual(marking.has_marker({}, "V3_0"), False)


if __name__ == "__main__":
    unittest.main()
