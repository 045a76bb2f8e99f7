"""Log lines whose bytes are counted.

Those of the functions were printed on the local stack: a sign-up by invite, and the first sign-in after it.
`Function` has a name as CloudFormation makes it, since the local stack names the functions by their triggers.
Lambda's own have the shapes of its guide ("Telemetry API event schema reference"), with a trace: none was
seen on AWS.
"""

FUNCTION_LINES = {
    "post-confirmation": (
        '{"_aws":{"Timestamp":1795284228747,"CloudWatchMetrics":[{"Namespace":"CognitoTenancy","Dimensions"'
        ':[["Function"],["Function","Outcome"]],"Metrics":[{"Name":"Invocations","Unit":"Count"},{"Name":"D'
        'urationMs","Unit":"Milliseconds"},{"Name":"StoreMs","Unit":"Milliseconds"},{"Name":"StoreCalls","U'
        'nit":"Count"},{"Name":"CacheHit","Unit":"Count"},{"Name":"CacheMiss","Unit":"Count"},{"Name":"Stal'
        'eServed","Unit":"Count"},{"Name":"Redeemed","Unit":"Count"},{"Name":"AlreadyRedeemed","Unit":"Coun'
        't"},{"Name":"StampDeferred","Unit":"Count"},{"Name":"Denied","Unit":"Count"},{"Name":"ColdStart","'
        'Unit":"Count"}]}]},"Function":"tenants-functions-PostConfirmation-a1B2c3D4e5F6",'
        '"Outcome":"joined","Invocations":1,"DurationMs":'
        '26.291,"StoreMs":26.353,"StoreCalls":6,"CacheHit":0,"CacheMiss":0,"StaleServed":0,"Redeemed":1,"Al'
        'readyRedeemed":0,"StampDeferred":0,"Denied":0,"ColdStart":1,"requestId":"52ad8851-4fbb-4ccb-8a72-4'
        '4f364f857c3","event":"invite.redeemed","triggerSource":"PostConfirmation_ConfirmSignUp","userPoolI'
        'd":"eu-west-1_Prnk13I5t","sub":"ba7b2a1a-46fe-4501-918c-f4e0ac4c7e10","tenantId":"acme"}'
    ),
    "pre-token-generation": (
        '{"_aws":{"Timestamp":1795284228865,"CloudWatchMetrics":[{"Namespace":"CognitoTenancy","Dimensions"'
        ':[["Function"],["Function","Outcome"]],"Metrics":[{"Name":"Invocations","Unit":"Count"},{"Name":"D'
        'urationMs","Unit":"Milliseconds"},{"Name":"StoreMs","Unit":"Milliseconds"},{"Name":"StoreCalls","U'
        'nit":"Count"},{"Name":"CacheHit","Unit":"Count"},{"Name":"CacheMiss","Unit":"Count"},{"Name":"Stal'
        'eServed","Unit":"Count"},{"Name":"Redeemed","Unit":"Count"},{"Name":"AlreadyRedeemed","Unit":"Coun'
        't"},{"Name":"StampDeferred","Unit":"Count"},{"Name":"Denied","Unit":"Count"},{"Name":"ColdStart","'
        'Unit":"Count"},{"Name":"ClaimBytes","Unit":"Bytes"}]}]},'
        '"Function":"tenants-functions-PreTokenGeneration-a1B2c3D4e5F6","Outcome'
        '":"issued","Invocations":1,"DurationMs":11.162,"StoreMs":20.814,"StoreCalls":3,"CacheHit":0,"Cache'
        'Miss":2,"StaleServed":0,"Redeemed":0,"AlreadyRedeemed":0,"StampDeferred":0,"Denied":0,"ColdStart":'
        '1,"ClaimBytes":183,"requestId":"9b103481-1980-43b0-8f7d-c696fcf81950","event":"token.issued","trig'
        'gerSource":"TokenGeneration_Authentication","userPoolId":"eu-west-1_Prnk13I5t","sub":"ba7b2a1a-46f'
        'e-4501-918c-f4e0ac4c7e10","tenantId":"acme"}'
    ),
}

# With the system log level INFO, Lambda logs `start` and `report` of each invocation (guide, "System log
# level event mapping").
SYSTEM_LINES = [
    (
        '{"time":"2026-11-21T18:03:48.746Z","type":"platform.start","record":{"requestId":"52ad8851-4fbb-4c'
        'cb-8a72-44f364f857c3","version":"12","tracing":{"spanId":"54565fb41ac79632","type":"X-Amzn-Trace-I'
        'd","value":"Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"}}}'
    ),
    (
        '{"time":"2026-11-21T18:03:48.757Z","type":"platform.report","record":{"requestId":"52ad8851-4fbb-4'
        'ccb-8a72-44f364f857c3","metrics":{"durationMs":11.162,"billedDurationMs":12,"memorySizeMB":512,"ma'
        'xMemoryUsedMB":21},"tracing":{"spanId":"24cd7d670fa455f0","type":"X-Amzn-Trace-Id","value":"Root=1'
        '-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"},"status":"success"}}'
    ),
]

# What CloudWatch Logs counts for each event besides (API reference, PutLogEvents).
EVENT_OVERHEAD = 26
