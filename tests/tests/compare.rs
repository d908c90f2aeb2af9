//! The twenty programs, each in all pairings of Rust and Python: `cargo lab compare` as a test.

use lab::compare::compare;
use lab::pairs::{Language, PROGRAMS};

#[test]
fn every_pairing_prints_what_the_lessons_print() {
    let languages: &[Language] = if tests::python_or_skip("the comparison with Python") {
        &Language::BOTH
    } else {
        &[Language::Rust]
    };
    let programs: Vec<_> = PROGRAMS.iter().collect();
    let comparisons = compare(&programs, languages, |_| ()).unwrap();
    assert_eq!(comparisons.len(), 20 * languages.len().pow(2));
    let differences: Vec<_> = comparisons
        .iter()
        .flat_map(|comparison| {
            let (server, client) = comparison.pairing;
            let name = format!("{} {server:?} → {client:?}", comparison.program.name());
            comparison
                .differences()
                .into_iter()
                .map(move |difference| (name.clone(), difference))
        })
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}
