"""Shapes of what a pre-token-generation trigger replies."""

KEPT = {"probe": "kept"}


def details(version, id_claims=None, access_claims=None, id_suppress=None, access_more=None, **more):
    """`response` with claims in the shape of a version; what a version does not have is left out."""
    if version == "V1_0":
        block = dict(more)
        if id_claims is not None:
            block["claimsToAddOrOverride"] = id_claims
        if id_suppress is not None:
            block["claimsToSuppress"] = id_suppress
        return {"claimsOverrideDetails": block}
    block = dict(more)
    if id_claims is not None or id_suppress is not None:
        block["idTokenGeneration"] = {
            **({"claimsToAddOrOverride": id_claims} if id_claims is not None else {}),
            **({"claimsToSuppress": id_suppress} if id_suppress is not None else {}),
        }
    if access_claims is not None or access_more is not None:
        block["accessTokenGeneration"] = {
            **({"claimsToAddOrOverride": access_claims} if access_claims is not None else {}),
            **(access_more or {}),
        }
    return {"claimsAndScopeOverrideDetails": block}
