//! What students are given: it works alone, and has no solution in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex_lite::Regex;

use crate::{exercises, lab_in, run, solution};

pub(crate) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn a_handout_works_in_an_empty_folder_and_has_no_solution_in_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let (written, said) = run(&mut lab_in(folder.path(), &["handout", "given", "--quick"]));
    assert!(written, "{said}");
    let (again, said) = run(&mut lab_in(folder.path(), &["handout", "given", "--quick"]));
    assert!(!again && said.contains("not empty"), "{said}");

    let solutions: BTreeMap<_, _> = exercises()
        .into_iter()
        .flat_map(|(id, _)| ["rust", "python"].map(|language| (id.clone(), language)))
        .map(|(id, language)| (solution(&id, language), format!("{id} in {language}")))
        .collect();
    let given = folder.path().join("given");
    let mut found = Vec::new();
    files(&given, &mut found);
    assert!(found.len() > 4 * exercises().len());
    for file in found {
        let name = file.file_name().unwrap().to_string_lossy();
        for kept in ["solution", "patch.toml", "answers"] {
            assert!(!name.starts_with(kept), "{}", file.display());
        }
        let content = fs::read(&file).unwrap();
        let content = String::from_utf8_lossy(&content);
        if name == "README.md" {
            // The calls of a program, one by one, are half its solution.
            assert!(!content.contains("| step |"), "{}", file.display());
        }
        if name == "README.md" && file.parent().unwrap().parent() == Some(&given) {
            for chapter in ["\n## Experiments\n", "\n## Exercises\n"] {
                assert!(content.contains(chapter), "{}", file.display());
            }
        }
        for (solution, id) in &solutions {
            assert!(
                !content.contains(solution.trim()),
                "{id} is in {}",
                file.display()
            );
        }
    }

    let dead = dead_links(&given);
    assert!(dead.is_empty(), "{dead:#?}");

    for (language, extension) in [("rust", "rs"), ("python", "py")] {
        let home = tempfile::tempdir().unwrap();
        let tool = given.join("lab");
        let at = |words: &[&str]| run(Command::new(&tool).args(words).current_dir(home.path()));
        let first: Vec<_> = exercises().into_iter().take(3).map(|(id, _)| id).collect();
        for id in &first {
            let (started, said) = at(&["start", id, "--lang", language]);
            assert!(started, "{said}");
            let (passed, said) = at(&["check"]);
            assert!(!passed && said.contains('✗'), "{said}");
            let source = home
                .path()
                .join("work")
                .join(id)
                .join(format!("main.{extension}"));
            fs::write(source, solution(id, language)).unwrap();
            let (passed, said) = at(&["check"]);
            assert!(passed, "{said}");
        }
        let (shown, said) = at(&["solution"]);
        assert!(!shown && said.contains("not handed out"), "{said}");
        assert!(at(&[]).1.contains("3 of"), "{}", at(&[]).1);
    }
}

/// The links of all texts in `folder` that lead to no file.
fn dead_links(folder: &Path) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)#]+)[^)]*\)").unwrap();
    let mut texts = Vec::new();
    files(folder, &mut texts);
    texts.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(texts.len() > exercises().len());
    let mut dead = Vec::new();
    for path in texts {
        let text = fs::read_to_string(&path).unwrap();
        let beside = path.parent().unwrap();
        for found in link.captures_iter(&text) {
            let to = &found[1];
            if !to.contains("://") && !beside.join(to).exists() {
                dead.push(format!("{}: {to}", path.display()));
            }
        }
    }
    dead
}
