//! An account's lists of prefixes, checked and made ready.

use std::collections::BTreeMap;

use flowprotect_vm::additions::lists::{Entry, Lists, MAX_NAME, MAX_VALUE};

use crate::config::AccountConfig;
use crate::error::DataplaneError;
use crate::prefix::Prefix;

/// Lists of an account, and prefixes in all of them together.
const MAX_LISTS: usize = 64;
const MAX_PREFIXES: usize = 200_000;

/// The lists of `account`.
///
/// # Errors
/// Those of [`read`].
pub(crate) fn lists(account: &AccountConfig) -> Result<Lists, DataplaneError> {
    read(&account.lists).map_err(|error| DataplaneError {
        message: format!("lists of account {}: {}", account.id, error.message),
        ..error
    })
}

/// Lists as a configuration has them: `CIDR` or `CIDR=VALUE`, by name.
///
/// # Errors
/// `config.list` for too many, a name that is too long or empty, or what is not a CIDR with or without a value.
pub fn read(given: &BTreeMap<String, Vec<String>>) -> Result<Lists, DataplaneError> {
    let wrong = |what: String| DataplaneError::new("config.list", what);
    if given.len() > MAX_LISTS {
        return Err(wrong(format!("there are more than {MAX_LISTS} lists")));
    }
    if given.values().map(Vec::len).sum::<usize>() > MAX_PREFIXES {
        return Err(wrong(format!(
            "there are more than {MAX_PREFIXES} prefixes"
        )));
    }
    let mut found = Vec::new();
    for (name, texts) in given {
        if !(1..=MAX_NAME).contains(&name.len()) {
            return Err(wrong(format!("a name has not 1 to {MAX_NAME} bytes")));
        }
        let entries = texts.iter().map(|text| {
            entry(text)
                .ok_or_else(|| wrong(format!("`{text}` in {name} is not a CIDR or CIDR=VALUE")))
        });
        found.push((name.clone(), entries.collect::<Result<_, _>>()?));
    }
    Ok(Lists::new(found))
}

fn entry(text: &str) -> Option<Entry> {
    let (prefix, value) = match text.split_once('=') {
        None => (text, 0),
        Some((prefix, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => (
            prefix,
            digits.parse().ok().filter(|value| *value <= MAX_VALUE)?,
        ),
        Some(_) => return None,
    };
    let prefix: Prefix = prefix.parse().ok()?;
    Some((prefix.address, prefix.length, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Result<Lists, DataplaneError> {
        lists(&serde_json::from_str(&format!(r#"{{"id":"a","lists":{json}}}"#)).unwrap())
    }

    #[test]
    fn values_are_optional() {
        let lists = of(r#"{"us":["10.0.0.0/8","10.1.0.0/16=7","::1"],"empty":[]}"#).unwrap();
        for (address, answer) in [("10.2.0.1", 1), ("10.1.0.1", 8), ("::1", 1), ("::2", 0)] {
            assert_eq!(lists.find(b"us", address.parse().unwrap()), Some(answer));
        }
        assert_eq!(lists.find(b"empty", "::1".parse().unwrap()), Some(0));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for json in [
            r#"{"":[]}"#.to_owned(),
            format!(r#"{{"{}":[]}}"#, "n".repeat(65)),
            r#"{"a":["10.0.0.0/33"]}"#.to_owned(),
            r#"{"a":["10.0.0.0/8=4294967295"]}"#.to_owned(),
            r#"{"a":["10.0.0.0/8=+1"]}"#.to_owned(),
            r#"{"a":["10.0.0.0/8="]}"#.to_owned(),
        ] {
            assert_eq!(of(&json).unwrap_err().code, "config.list", "{json}");
        }
        let many: Vec<String> = (0..65).map(|n| format!(r#""{n}":[]"#)).collect();
        assert!(of(&format!("{{{}}}", many.join(","))).is_err());
    }
}
