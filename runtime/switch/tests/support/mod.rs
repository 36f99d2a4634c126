//! What the golden tests share: reading the corpus, and counting what passed.

#![allow(dead_code, unused_imports, reason = "every test uses a part of it")]

#[path = "../../../../tests/shared/corpus.rs"]
mod corpus;

use serde_json::Value;

pub use corpus::{cases, corpus};

/// What came of all cases.
#[derive(Default)]
pub struct Report {
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
}

impl Report {
    /// Counts a case; `seen` must be `expected`, unless the case says that it deviates on purpose:
    /// then it must not be.
    pub fn case(&mut self, case: &Value, seen: &str, expected: &str) {
        let deviates = !case["deviation"].is_null();
        self.count(case, deviates, seen, expected);
    }

    /// Counts a part of a case that holds even when the whole deviates.
    pub fn part(&mut self, case: &Value, seen: &str, expected: &str) {
        self.count(case, false, seen, expected);
    }

    fn count(&mut self, case: &Value, deviates: bool, seen: &str, expected: &str) {
        let id = case["id"].as_str().unwrap();
        match (seen == expected, deviates) {
            (true, false) => self.passed += 1,
            (false, true) => self.skipped += 1,
            (true, true) => {
                self.failed.push(format!("{id} does not deviate; the corpus says it does"))
            }
            (false, false) => self.failed.push(format!(
                "{id} {}\n   expected {expected:?}\n   seen     {seen:?}",
                case["in"]
            )),
        }
    }

    /// Counts a case that has no one right answer.
    pub fn skip(&mut self) {
        self.skipped += 1;
    }

    /// Fails when a case failed, or when fewer than `least` passed: then the corpus was not read.
    pub fn finish(self, least: usize) {
        println!("{} passed, {} skipped", self.passed, self.skipped);
        assert!(
            self.failed.is_empty(),
            "{} of {} cases failed:\n{}",
            self.failed.len(),
            self.failed.len() + self.passed,
            self.failed.join("\n")
        );
        assert!(self.passed >= least, "only {} cases were run", self.passed);
    }
}

/// True when the recording says that its output is not to be compared.
pub fn is_free(case: &Value) -> bool {
    ["volatile", "undefined", "host_specific"]
        .iter()
        .any(|mark| !case[*mark].is_null() && case[*mark] != false)
}
