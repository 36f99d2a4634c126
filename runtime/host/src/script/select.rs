//! Which jobs a word names.

use ringfence_sandbox::JobInfo;
use uuid::Uuid;

/// The shortest beginning of a job's id; a shorter one is too easily another's.
const SHORTEST: usize = 4;

/// The jobs that `word` names: one by its id or the beginning of it, or all of a script.
///
/// The error is the answer to the operator.
pub(super) fn named(jobs: Vec<JobInfo>, word: &str) -> Result<Vec<JobInfo>, String> {
    let of_script: Vec<JobInfo> = jobs.iter().filter(|job| &*job.script == word).cloned().collect();
    if !of_script.is_empty() {
        return Ok(of_script);
    }
    let found: Vec<JobInfo> = jobs.into_iter().filter(|job| begins(job.id, word)).collect();
    match found.len() {
        0 => Err(format!(
            "-ERR no job and no running script {word:?}: name a script as `script list` does, or at \
             least {SHORTEST} characters of a job's id\n"
        )),
        1 => Ok(found),
        many => Err(format!("-ERR {word:?} begins the ids of {many} jobs: give more of it\n")),
    }
}

/// Whether an id begins so.
pub(super) fn begins(id: Uuid, word: &str) -> bool {
    word.len() >= SHORTEST && id.to_string().starts_with(&word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_named_by_its_beginning() {
        let id = Uuid::from_u128(0xabcd_ef01 << 96);
        for (word, names) in [
            ("abcdef01-0000-0000-0000-000000000000", true),
            ("ABCD", true),
            ("abc", false),
            ("abcf", false),
            ("", false),
        ] {
            assert_eq!(begins(id, word), names, "{word}");
        }
    }
}
