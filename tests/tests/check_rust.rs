//! Our Rust programs pass every check.

use std::time::Duration;

use lab::check::checks_of;
use lab::check::engine::judge;
use lab::check::engine::subject::Subject;
use lab::check::engine::target::Target;
use lab::check::engine::trial::Pace;
use lab::pairs::{Language, PAIRS};
use lab::run::executables;
use lab::run::process::PATIENCE;
use tests::assert_all_checks_pass;

#[test]
fn the_rust_programs_pass_every_check() {
    let programs: Vec<_> = PAIRS.iter().collect();
    executables::build_all(&programs).unwrap();
    assert_all_checks_pass(Language::Rust);
}

/// On a busy machine the checker watches for long that a client waits.
#[test]
fn a_time_client_is_not_blamed_for_how_long_the_checker_holds_its_question() {
    let target = Target::select(&["ntp/sntp-client".to_owned()]).unwrap()[0];
    let checks = checks_of(&target);
    let late = checks.iter().find(|check| check.name == "late-answer");
    let pace = Pace {
        patience: PATIENCE,
        watch: Duration::from_secs(3),
    };
    let subject = Subject::Ours(Language::Rust);
    let outcome = judge::check(late.unwrap(), target, &subject, pace);
    assert!(outcome.verdict.is_ok(), "{outcome}");
}
