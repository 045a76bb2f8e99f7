"""What the functions are set to (docs/settings.md), and so what the tokens of a member must say."""

from .tenants import Tenants

DEFAULTS = {
    "UNINVITED": "refuse",
    "MODE": "enforce",
    "UNBOUND_MACHINE": "bare",
    "TENANT_ATTRIBUTE": "custom:tenantId",
    "CLAIM_TENANT_ID": "tenant_id",
    "CLAIM_TENANT_NAME": "tenant_name",
    "CLAIM_TENANT_TIER": "tenant_tier",
    "CLAIM_TENANT_ROLES": "tenant_roles",
    "CLAIMS_ID": "id,name,tier,roles",
    "CLAIMS_ACCESS": "id,name,tier,roles",
    "GROUP_FORMAT": "{role}",
    "POOL_GROUPS": "drop",
    "MARKER_SCOPE": "",
}


class Settings:
    def __init__(self, post_confirmation=None, pre_token_generation=None):
        """From the environment variables of both functions; without them, the defaults."""
        self.values = dict(DEFAULTS)
        for environment in (post_confirmation or {}, pre_token_generation or {}):
            self.values.update(
                (name, value) for name, value in environment.items() if name in DEFAULTS and value.strip()
            )

    def __getitem__(self, name):
        return self.values[name]

    def changed(self):
        return {name: value for name, value in self.values.items() if value != DEFAULTS[name]}

    def claims(self, tenant, version, token, machine=False):
        """The claims of the tenant in a token, `id` or `access`."""
        if version == "V1_0" and token == "access":
            return {}
        listed = {part.strip() for part in self[f"CLAIMS_{token.upper()}"].split(",")} | {"id"}
        roles = Tenants.ROLE if version == "V1_0" else [Tenants.ROLE]
        values = {"id": tenant.id, "name": tenant.name, "tier": Tenants.TIER, "roles": roles}
        if machine:
            del values["roles"]
        claims = {
            self[f"CLAIM_TENANT_{name.upper()}"]: value for name, value in values.items() if name in listed
        }
        if token == "id":
            claims[self["TENANT_ATTRIBUTE"]] = tenant.id
        return claims

    def has_marker(self, claims, version):
        """Whether an access token has the marker scope; None where it need not."""
        if not self["MARKER_SCOPE"] or version == "V1_0":
            return None
        return self["MARKER_SCOPE"] in claims.get("scope", "").split()

    def groups(self, tenant):
        """The groups of a member whose tenant says nothing of the role."""
        fill = {"role": Tenants.ROLE, "tenant_id": tenant.id, "tier": Tenants.TIER}
        return [form.strip().format(**fill) for form in self["GROUP_FORMAT"].split(",")]
