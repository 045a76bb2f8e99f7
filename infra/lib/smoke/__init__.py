"""What infra/smoke-test is made of.

main          the order of things, exit codes
signals       being told to stop
options       the command line
cloud         AWS: clients, who and where
journal       what was made, on disk before it is made
things        making and removing each kind of thing
tenants       tenantctl, and the items of a throw-away tenant
tokens        signatures and claims
settings      what the functions are set to, and so what tokens must say
journey       one user from sign-up to a second tenant, checked
deployed      part A: the pool that is there
copies        part B: throw-away pools with copies of the functions
questions     part B: what the guide leaves open, asked through the probe
report        what comes out
"""
