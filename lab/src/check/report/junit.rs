//! JUnit's XML: a suite for each target, a case for each check.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::check::engine::judge::{Judgement, Outcome};
use crate::check::engine::trial::Stop;
use crate::check::report::evidence;

/// Writes `judgements` as JUnit's XML.
pub(crate) fn junit(out: &mut impl Write, judgements: &[Judgement]) -> io::Result<()> {
    let mut report = Report::new("cargo lab check");
    for judgement in judgements {
        let mut suite = TestSuite::new(judgement.target.name());
        suite.add_property(("subject", judgement.subject.as_str()));
        suite.add_test_cases(judgement.outcomes.iter().map(case));
        report.add_test_suite(suite);
    }
    report.serialize(&mut *out).map_err(io::Error::other)?;
    writeln!(out)
}

fn case(outcome: &Outcome) -> TestCase {
    let status = match &outcome.verdict {
        Ok(()) => TestCaseStatus::success(),
        Err(Stop::Skipped(why)) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            status
        }
        Err(Stop::NotJudged(why)) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status
                .set_message(why.as_str())
                .set_description(format!("{why}\n{}", evidence(outcome)));
            status
        }
        Err(
            stop @ Stop::Failed {
                expected, happened, ..
            },
        ) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(stop.to_string())
                .set_description(format!(
                    "{}\nexpected: {expected}\nhappened: {happened}\n{}hint: {}\n",
                    outcome.check.sentence,
                    evidence(outcome),
                    outcome.hint
                ));
            status
        }
    };
    let mut case = TestCase::new(outcome.check.name, status);
    case.set_classname(outcome.check.grade.name())
        .set_time(outcome.took);
    case
}
