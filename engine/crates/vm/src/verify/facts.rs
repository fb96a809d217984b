//! What Prevail knows before an instruction, read from its printed facts such as `r1.packet_offset=[16, 1516]`.

use std::collections::BTreeSet;

/// The facts that hold before an instruction.
pub struct Facts<'a>(pub &'a BTreeSet<String>);

/// The ends of a range; None is unbounded.
pub type Range = (Option<i64>, Option<i64>);

impl Facts<'_> {
    fn value(&self, variable: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|fact| fact.strip_prefix(variable)?.strip_prefix('='))
    }

    /// The range of `variable`, through other variables where it is printed as a sum.
    pub fn range(&self, variable: &str) -> Range {
        self.resolve(variable, 4)
    }

    fn resolve(&self, variable: &str, depth: u8) -> Range {
        let Some(value) = self.value(variable) else {
            return (None, None);
        };
        if let Some(range) = value.strip_prefix('[') {
            let Some((low, high)) = range.trim_end_matches(']').split_once(", ") else {
                return (None, None);
            };
            return (low.parse().ok(), high.parse().ok());
        }
        if let Ok(exact) = value.parse::<i64>() {
            return (Some(exact), Some(exact));
        }
        let at = value.find(['+', '-']).unwrap_or(value.len());
        let (other, add) = value.split_at(at);
        let add: i64 = match add.trim_start_matches('+') {
            "" => 0,
            number => match number.parse() {
                Ok(number) => number,
                Err(_) => return (None, None),
            },
        };
        if depth == 0 {
            return (None, None);
        }
        let (low, high) = self.resolve(other, depth - 1);
        let sum = |end: i64| end.checked_add(add);
        (low.and_then(sum), high.and_then(sum))
    }

    /// The kinds a register may have: `number`, `packet`, `stack`, `shared`, `ctx`, `map`. Empty where it was not set.
    pub fn kinds(&self, register: u8) -> Vec<&str> {
        let variable = format!("r{register}.type");
        if let Some(kind) = self.value(&variable) {
            // Of registers with the same kinds only the first lists them.
            if kind.ends_with(".type") {
                return self.kinds_in(kind);
            }
            return vec![kind];
        }
        self.kinds_in(&variable)
    }

    fn kinds_in(&self, variable: &str) -> Vec<&str> {
        self.0
            .iter()
            .find_map(|fact| fact.strip_prefix(variable)?.strip_prefix(" in {"))
            .map(|kinds| kinds.trim_end_matches('}').split(", ").collect())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_kinds_are_read() {
        let set = [
            "r1.packet_offset=r1.svalue+16",
            "r1.svalue=[20, 1400]",
            "r2.svalue=7",
            "r3.svalue=[-oo, 4]",
            "r4.svalue=r4.svalue+1",
            "r1.type=packet",
            "r2.type in {number, stack}",
            "r3.type=r2.type",
        ]
        .map(str::to_owned)
        .into();
        let facts = Facts(&set);
        assert_eq!(facts.range("r1.packet_offset"), (Some(36), Some(1416)));
        assert_eq!(facts.range("r2.svalue"), (Some(7), Some(7)));
        assert_eq!(facts.range("r3.svalue"), (None, Some(4)));
        assert_eq!(facts.range("r4.svalue"), (None, None));
        assert_eq!(facts.range("r9.svalue"), (None, None));
        assert_eq!(facts.kinds(1), ["packet"]);
        assert_eq!(facts.kinds(3), ["number", "stack"]);
        assert!(facts.kinds(9).is_empty());
    }
}
