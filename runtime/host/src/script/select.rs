//! Which jobs a word names.

use ringfence_sandbox::JobInfo;

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
    let beginning = word.to_ascii_lowercase();
    let begins = |job: &JobInfo| {
        word.len() >= SHORTEST && job.id.to_string().starts_with(&beginning)
    };
    let found: Vec<JobInfo> = jobs.into_iter().filter(begins).collect();
    match found.len() {
        0 => Err(format!(
            "-ERR no job and no running script {word:?}: name a script as `script list` does, or at \
             least {SHORTEST} characters of a job's id\n"
        )),
        1 => Ok(found),
        many => Err(format!("-ERR {word:?} begins the ids of {many} jobs: give more of it\n")),
    }
}
