//! Questions on a terminal.

use std::io::IsTerminal;

use crate::failure::Failure;

/// Asks for `name` to be typed, for what cannot be undone, unless the answer was given with `--yes`.
pub(crate) fn confirm_by_name(question: &str, name: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    somebody_to_ask(question)?;
    let typed =
        dialoguer::Input::<String>::new().with_prompt(format!("{question} Type `{name}`")).interact_text();
    match typed {
        Ok(typed) if typed.trim() == name => Ok(()),
        Ok(_) => Err(Failure::failed("nothing was done")),
        Err(error) => Err(Failure::failed(format!("could not ask: {error}"))),
    }
}

/// Asks, on a terminal, unless the answer was given with `--yes`.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    somebody_to_ask(question)?;
    // With the enter key: what was typed ahead or pasted is no answer.
    let asked =
        dialoguer::Confirm::new().with_prompt(question).default(false).wait_for_newline(true).interact();
    match asked {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed("nothing was done")),
        Err(error) => Err(Failure::failed(format!("could not ask: {error}"))),
    }
}

fn somebody_to_ask(question: &str) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format!("cannot ask for confirmation without a terminal: {question}"))
        .hint("To confirm, add --yes."))
}
