"""Prices of us-east-1 in USD, without taxes and discounts.

Nobody could open AWS's pages where this was written. Each price is therefore of a stored copy of AWS's page,
or of AWS's Price List as somebody quoted it in public; the date is that of the copy or quotation. Look them
up again before a decision rests on them.
"""

PRICE_LIST = "AWS Price List, quoted in a public repository"
PAGE = "stored copy of the page"
QUOTED = "the page, quoted in an article"
TRANSCRIBED = "the page, quoted in a public repository"

# name: (USD, for how many, of what, page, date of the source, what the source was)
PRICES = {
    "lambda-request": (0.20, 1e6, "requests", "aws.amazon.com/lambda/pricing", "2026-09-06", PRICE_LIST),
    "lambda-gb-second-arm64": (
        0.0000133334,
        1,
        "GB-second, arm64",
        "aws.amazon.com/lambda/pricing",
        "2026-09-06",
        PRICE_LIST,
    ),
    "lambda-gb-second-x86_64": (
        0.0000166667,
        1,
        "GB-second, x86-64",
        "aws.amazon.com/lambda/pricing",
        "2026-09-06",
        PRICE_LIST,
    ),
    "lambda-provisioned-arm64": (
        0.0000033334,
        1,
        "GB-second kept warm, arm64",
        "aws.amazon.com/lambda/pricing",
        "2026-09-06",
        PRICE_LIST,
    ),
    "lambda-provisioned-x86_64": (
        0.0000041667,
        1,
        "GB-second kept warm, x86-64",
        "aws.amazon.com/lambda/pricing",
        "2026-09-06",
        PRICE_LIST,
    ),
    "dynamodb-read": (
        0.125,
        1e6,
        "read request units",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "2026-09-29",
        PRICE_LIST,
    ),
    "dynamodb-write": (
        0.625,
        1e6,
        "write request units",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "2026-09-29",
        PRICE_LIST,
    ),
    "dynamodb-storage": (
        0.25,
        1,
        "GB-month",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "2026-09-29",
        PRICE_LIST,
    ),
    "dynamodb-recovery": (
        0.20,
        1,
        "GB-month, point-in-time recovery",
        "aws.amazon.com/dynamodb/pricing/on-demand",
        "undated",
        PRICE_LIST,
    ),
    "metric": (
        0.30,
        1,
        "custom metric a month, by the hour",
        "aws.amazon.com/cloudwatch/pricing",
        "2026-08-06",
        PRICE_LIST,
    ),
    "alarm-metric": (
        0.10,
        1,
        "metric of an alarm a month",
        "aws.amazon.com/cloudwatch/pricing",
        "2026-08-06",
        PRICE_LIST,
    ),
    "alarm-composite": (
        0.50,
        1,
        "composite alarm a month",
        "aws.amazon.com/cloudwatch/pricing",
        "undated",
        PRICE_LIST,
    ),
    "dashboard": (3.00, 1, "dashboard a month", "aws.amazon.com/cloudwatch/pricing", "2026-06-13", QUOTED),
    "log-ingested": (0.50, 1, "GB, the first 10 TB", "aws.amazon.com/cloudwatch/pricing", "2026-06", QUOTED),
    "log-stored": (0.03, 1, "GB-month, compressed", "aws.amazon.com/cloudwatch/pricing", "2026-06", QUOTED),
    "trace": (5.00, 1e6, "traces recorded", "aws.amazon.com/xray/pricing", "undated", PAGE),
    "key": (1.00, 1, "customer managed key a month", "aws.amazon.com/kms/pricing", "2026-03", QUOTED),
    "key-request": (0.03, 1e4, "requests", "aws.amazon.com/kms/pricing", "2026-03", QUOTED),
    "cognito-essentials": (
        0.015,
        1,
        "active user a month",
        "aws.amazon.com/cognito/pricing",
        "2026-09-29",
        PRICE_LIST,
    ),
    "cognito-plus": (
        0.020,
        1,
        "active user a month",
        "aws.amazon.com/cognito/pricing",
        "2026-09-20",
        TRANSCRIBED,
    ),
    "cognito-lite": (
        0.0055,
        1,
        "active user a month, the first 100,000; less above",
        "aws.amazon.com/cognito/pricing",
        "2026-09-20",
        TRANSCRIBED,
    ),
    "cognito-machine": (
        0.00225,
        1,
        "machine token, first tier",
        "aws.amazon.com/cognito/pricing",
        "2026-09-20",
        TRANSCRIBED,
    ),
    "cognito-rate": (
        20.00,
        1,
        "request a second above a default quota, a month",
        "aws.amazon.com/about-aws/whats-new/2024/01/provisioned-capacity-api-limits-amazon-cognito",
        "2024-01-25",
        PAGE,
    ),
}

# Active users a month on the plan Lite: up to how many, USD each (Price List of ap-northeast-1, where the
# first step is the same; quoted 2026-08-17).
LITE_STEPS = [(100_000, 0.0055), (1_000_000, 0.0046), (10_000_000, 0.00325), (float("inf"), 0.0025)]

# What an account has free every month, for good, shared with everything else in it. Those of CloudWatch and
# X-Ray: aws.amazon.com/cloudwatch/pricing and aws.amazon.com/xray/pricing, stored copies.
FREE = {
    "lambda-request": 1_000_000,
    "lambda-gb-second": 400_000,
    "dynamodb-storage": 25,
    "metric": 10,
    "alarm-metric": 10,
    "log": 5,
    "trace": 100_000,
    "cognito-users": 10_000,
}


def price(name):
    """USD for one."""
    dollars, per, *_ = PRICES[name]
    return dollars / per
