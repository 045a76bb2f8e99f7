"""The real templates, as stacks of the emulator."""

import hashlib
import json
import time
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

BUCKET = "code"


class Refused(Exception):
    """A stack was not made or changed; the message is CloudFormation's."""


class Stacks:
    """Makes, changes and deletes stacks, and waits for it."""

    def __init__(self, ministack):
        self.client = ministack.client("cloudformation")
        self.url = ministack.url
        self.s3 = ministack.client("s3")
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": self.client.meta.region_name}
        )
        self.stand_ins = []

    def upload(self, template):
        """Uploads a template and the code that it names, as `sam package` does, and gives the template's URL."""
        parsed = yaml_parse(Path(template).read_text())
        for name, resource in parsed["Resources"].items():
            code = resource.get("Properties", {}).get("CodeUri")
            if code is not None:
                content = (Path(template).parent / code).read_bytes()
                key = f"{hashlib.sha256(content).hexdigest()}.zip"
                self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
                resource["Properties"]["CodeUri"] = f"s3://{BUCKET}/{key}"
            self.replace_unknown(name, resource)
        body = json.dumps(parsed, default=str).encode()
        key = f"{hashlib.sha256(body).hexdigest()}.json"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"{self.url}/{BUCKET}/{key}"

    def replace_unknown(self, name, resource):
        """Puts a plain alarm where ministack does not know the kind of alarm; everything else is deployed as it is."""
        is_composite = resource["Type"] == "AWS::CloudWatch::CompositeAlarm"
        is_computed = resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]
        if not (is_composite or is_computed):
            return
        self.stand_ins.append(name)
        resource["Type"] = "AWS::CloudWatch::Alarm"
        resource["Properties"] = {
            "Namespace": "AWS/Lambda", "MetricName": "Errors", "Statistic": "Sum", "Period": 300,
            "EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold",
        }

    def deploy(self, name, url, **parameters):
        """Makes or changes the stack `name`; its outputs.

        Raises `Refused` when CloudFormation does not take it, or takes it back.
        """
        asked = {
            "StackName": name,
            "TemplateURL": url,
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        try:
            if self.status(name) is None:
                self.client.create_stack(**asked)
            else:
                self.client.update_stack(**asked)
        except self.client.exceptions.ClientError as error:
            raise Refused(error.response["Error"]["Message"]) from error
        stack = self.wait(name)
        if stack["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise Refused(self.reasons(name) or stack["StackStatus"])
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def delete(self, name):
        """Deletes a stack. Raises `Refused` when it is still there."""
        try:
            self.client.delete_stack(StackName=name)
        except self.client.exceptions.ClientError as error:
            raise Refused(error.response["Error"]["Message"]) from error
        stack = self.wait(name)
        if stack is not None and stack["StackStatus"] != "DELETE_COMPLETE":
            raise Refused(self.reasons(name) or stack["StackStatus"])

    def status(self, name):
        """The status of a stack; none when there is no such."""
        stack = self.describe(name)
        return stack and stack["StackStatus"]

    def describe(self, name):
        try:
            stack = self.client.describe_stacks(StackName=name)["Stacks"][0]
        except self.client.exceptions.ClientError:
            return None
        return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack

    def wait(self, name):
        end = time.monotonic() + 600
        while time.monotonic() < end:
            stack = self.describe(name)
            if stack is None or not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            time.sleep(0.1)
        raise Refused(f"{name} is still {stack['StackStatus']} after ten minutes")

    def reasons(self, name):
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)

    def resource(self, stack, logical_id):
        """The physical id of a resource."""
        detail = self.client.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return detail["StackResourceDetail"]["PhysicalResourceId"]
