//! The numbered steps: the same in both languages, in the order in which things happen.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use lab::pairs::{Language, PAIRS, Side};
use lab::steps::{Source, sources};

/// Within a program the steps ascend, from 1 on without a gap.
#[test]
fn the_steps_are_numbered_as_they_happen_in_both_languages() {
    for program in PAIRS {
        for side in [Side::Server, Side::Client] {
            let steps = |language| -> Vec<u32> {
                let sources = sources(program, side, language).unwrap();
                sources.iter().flat_map(Source::numbers).collect()
            };
            let in_rust = steps(Language::Rust);
            let ascending: Vec<_> = (1..).take(in_rust.len()).collect();
            let program = program.name();
            assert!(in_rust.len() > 2, "{program} {side:?}");
            assert_eq!(in_rust, ascending, "{program} {side:?}");
            assert_eq!(steps(Language::Python), ascending, "{program} {side:?}");
        }
    }
}
