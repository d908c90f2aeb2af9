//! JSON: a list of judgements.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::check::engine::judge::{Judgement, Outcome};
use crate::check::engine::trial::Stop;
use crate::check::report::{evidence, result};

/// Writes `judgements` as a JSON list, one object a target.
pub(crate) fn json(out: &mut impl Write, judgements: &[Judgement]) -> io::Result<()> {
    let list: Vec<Value> = judgements.iter().map(judgement).collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}

fn judgement(judgement: &Judgement) -> Value {
    json!({
        "target": judgement.target.name(),
        "subject": judgement.subject,
        "checks": judgement.outcomes.iter().map(check).collect::<Vec<_>>(),
    })
}

fn check(outcome: &Outcome) -> Value {
    let mut fields = json!({
        "name": outcome.check.name,
        "grade": outcome.check.grade,
        "sentence": outcome.check.sentence,
        "result": result(outcome),
        "seconds": outcome.took.as_secs_f64(),
    });
    match &outcome.verdict {
        Ok(()) => {}
        Err(Stop::Skipped(why)) => fields["why"] = json!(why),
        Err(Stop::NotJudged(why)) => {
            fields["why"] = json!(why);
            fields["programs"] = json!(outcome.found);
            fields["evidence"] = json!(evidence(outcome));
        }
        Err(Stop::Failed {
            expected, happened, ..
        }) => {
            fields["expected"] = json!(expected);
            fields["happened"] = json!(happened);
            fields["hint"] = json!(outcome.hint);
            fields["programs"] = json!(outcome.found);
            fields["evidence"] = json!(evidence(outcome));
        }
    }
    fields
}
