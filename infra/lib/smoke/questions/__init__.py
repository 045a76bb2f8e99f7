"""What Cognito's guide leaves open, asked through the probe in throw-away pools.

question  one question: its text, what is assumed, how to ask
ask       the probe's pools, users and machines; the order of asking
details   shapes of replies
groups, claims, echo, failures, events, keys, machines, pools
          the questions
"""
