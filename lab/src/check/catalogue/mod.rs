//! The checks. `table` has all of them, a line each; what they say to a person stands in `lab/checks`.

// Some checks are for Unix only, and elsewhere what they need is imported without being used.
#![cfg_attr(not(unix), allow(unused_imports))]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::check::{Check, Deed, Grade, Words};

mod clients;
mod datagrams;
mod echo;
mod files;
mod headers;
mod live;
mod needs;
mod ntp;
mod script;
mod service;
mod sntp;
mod starts;
mod table;
mod tcp_servers;
mod typed;
mod wire;

pub(super) use needs::Needs;
pub(crate) use script::Script;
pub(crate) use starts::starts;

/// Has our programs give up a peer after [`TIMEOUT`](crate::check::engine::context::TIMEOUT).
const SHORT_TIMEOUT: &[&str] = &["--timeout", "2"];

/// What a check says to a person.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    /// What is done, and what must follow.
    sentence: String,
    /// Why it matters, and how a failing program is mended.
    hint: Words,
    /// The hint where the lesson's own program fails, and the check is of grade robust.
    robust_hint: Option<Words>,
}

/// The texts of a family, by the names of its checks.
type Texts = BTreeMap<String, Text>;

/// All checks, in the order in which a target's are done (the protocol's before the robust).
#[must_use]
pub fn all() -> &'static [Check] {
    static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
        let checks = |family: &'static table::Family| {
            // A test sees to it that all texts are there.
            let texts: Texts = toml::from_str(family.texts).unwrap_or_default();
            family.rows.iter().map(move |&(name, grade, needs, run)| {
                let text = texts.get(name);
                let robust = text.and_then(|text| text.robust_hint.clone());
                Check {
                    name,
                    grade,
                    needs: Some(needs),
                    sentence: text.map_or_else(String::new, |text| text.sentence.clone()),
                    hint: robust
                        .filter(|_| grade == Grade::Robust)
                        .or_else(|| text.map(|text| text.hint.clone()))
                        .unwrap_or_default(),
                    run: Deed::Function(run),
                }
            })
        };
        table::FAMILIES.iter().flat_map(checks).collect()
    });
    &CHECKS
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pairs::Language;

    #[test]
    fn every_check_has_its_text_and_every_text_its_check() {
        for family in table::FAMILIES {
            let texts: Texts = toml::from_str(family.texts).unwrap();
            let told: BTreeSet<_> = texts.keys().map(String::as_str).collect();
            let same = |other: &&table::Family| other.texts == family.texts;
            let rows = table::FAMILIES
                .iter()
                .filter(same)
                .flat_map(|same| same.rows);
            let done: BTreeSet<_> = rows.map(|row| row.0).collect();
            assert_eq!(told, done);
            for (name, text) in &texts {
                let hints = [Some(&text.hint), text.robust_hint.as_ref()];
                let each = |words: &Words| Language::BOTH.map(|one| words.to(Some(one)).to_owned());
                let hints = hints.into_iter().flatten().flat_map(each);
                for told in hints.chain([text.sentence.clone()]) {
                    assert!(told.ends_with('.'), "{name}: {told}");
                }
            }
        }
    }
}
