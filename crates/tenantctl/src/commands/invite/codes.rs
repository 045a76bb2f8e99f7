//! Codes: made from the operating system's random numbers, read without a trace in the shell's history.

use std::io::BufRead;

use tenancy::InviteCode;

use crate::failure::Failure;

/// A new code of 130 random bits.
pub(crate) fn new_code() -> Result<InviteCode, Failure> {
    let mut bytes = [0; 26];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::failed(format!("the operating system gives no random numbers: {error}")))?;
    Ok(InviteCode::from_random(bytes))
}

/// The first line of standard input.
pub(super) fn read_line() -> Result<String, Failure> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::failed(format!("could not read standard input: {error}")))?;
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn new_codes_differ_in_each_of_their_26_characters() {
        let codes: Vec<String> = (0..64).map(|_| new_code().unwrap().reveal()).collect();

        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 64);
        let bare: Vec<&[u8]> =
            codes.iter().map(|code| code.strip_prefix("inv_").unwrap().as_bytes()).collect();
        for place in 0..26 {
            let found: BTreeSet<u8> = bare.iter().map(|code| code[place]).collect();
            assert!(found.len() > 1, "character {place} is the same in all codes");
        }
    }
}
