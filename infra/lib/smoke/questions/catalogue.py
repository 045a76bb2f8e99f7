"""All questions, in the order in which they are asked."""

from . import claims, echo, events, failures, groups, keys, machines, pools

UNASKED = [
    "`UNKNOWN_MEMBERS_ARE_REFUSED`: boto3 sends no member that an operation does not have",
    "`default_acr_value`: needs a pool of tier LITE; ask by UpdateUserPool with AcrConfiguration on one",
]


def ask_all(questioner):
    groups.prepare(questioner)
    pools.prepare(questioner)
    keys.prepare(questioner)
    modules = (groups, claims, machines, echo, failures, events, keys, pools)
    questions = [question for module in modules for question in module.QUESTIONS]
    # By number; those of docs/cognito.md alone come last.
    questions.sort(key=lambda question: int(question.ids) if question.ids.isdigit() else 99)
    for question in questions:
        questioner.report.answer(questioner.ask(question))
    section = questioner.report.sections[-1]
    unconfirmed = questioner.unconfirmed()
    section.note(
        f"{len(questioner.refused)} sign-ins were refused; the probe has counted all but {len(unconfirmed)}"
    )
    if unconfirmed:
        section.note(f"not counted, and so less sure: {', '.join(unconfirmed)}")
    for line in UNASKED:
        section.note(f"not asked: {line}")
