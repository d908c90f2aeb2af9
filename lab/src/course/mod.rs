//! The course: exercises from an empty file to a server that nothing breaks.
//!
//! | file | subject |
//! |---|---|
//! | `exercise` | an exercise, as its folder says it |
//! | `library` | all exercises, and how one of them is asked for |
//! | `skeleton` | what is left of a solution when its marks are followed |
//! | `work` | a student's folder: `lab.toml`, skeletons |
//! | `progress` | how far a student has come: `progress.txt` |
//! | `judge` | judges an exercise in stages, and says what failed on a screen |
//! | `steps` | `cargo lab`, `start`, `check`, `next`, `hint`, `reset`, `solution` |
//! | `watch` | `cargo lab watch`: judges on every save |
//! | `handout` | `cargo lab handout`: what students are given |
//! | `grade` | `cargo lab grade`: judges the folders of many students, each in a sandbox |
//! | `verify` | `cargo lab exercises verify`: proves that the exercises are sound |

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::pairs::labs;
use crate::run::executables::workspace;

mod exercise;
mod grade;
mod handout;
mod judge;
mod library;
mod progress;
mod skeleton;
mod steps;
mod verify;
mod watch;
mod work;

pub use grade::{GradeArgs, JudgeArgs, grade, judge_one};
pub use handout::{HandoutArgs, handout};
pub use steps::{
    At, CheckedExercise, HintArgs, ResetArgs, SolutionArgs, StartArgs, asked_for, check, hint,
    next, overview, reset, solution, start,
};
pub use verify::{ExercisesArgs, exercises};
pub use watch::{WatchArgs, watch};

use library::Library;

/// The folder in which the labs with their exercises lie: that of the tool where it was handed out with them, else
/// the workspace.
fn root() -> PathBuf {
    let beside = env::current_exe()
        .and_then(|tool| tool.canonicalize())
        .ok()
        .and_then(|tool| tool.parent().map(Path::to_path_buf));
    let has_exercises = |folder: &PathBuf| {
        labs()
            .iter()
            .any(|lab| folder.join(lab).join("exercises").is_dir())
    };
    beside
        .filter(has_exercises)
        .unwrap_or_else(|| workspace().to_path_buf())
}

/// All exercises.
fn open_library() -> Result<Library> {
    Library::open(&root())
}

/// How the tool is called: `cargo lab`, or its own path where it was handed out.
fn tool() -> String {
    if root() == workspace() {
        return "cargo lab".to_owned();
    }
    env::args().next().unwrap_or_else(|| "lab".to_owned())
}
