use super::*;

fn finish(recorder: Recorder, last: Vec<i16>) -> RecordingEnd {
    let (end, ended) = oneshot::channel();
    recorder.finish(last, RecordingEndReason::Stopped, end);
    ended.blocking_recv().unwrap()
}

#[test]
fn a_recording_is_a_wav_file_with_the_samples() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/a.wav");
    let mut recorder = Writer::thread().unwrap().open(path.clone(), Links::Follow, 1);
    recorder.write((0..2000).collect());
    let end = finish(recorder, vec![7, -7]);
    assert_eq!(end, RecordingEnd { reason: RecordingEndReason::Stopped, samples: 2002, lost: 0 });
    let mut wav = hound::WavReader::open(path).unwrap();
    assert_eq!(
        (wav.spec().sample_rate, wav.spec().channels, wav.spec().bits_per_sample),
        (8000, 1, 16)
    );
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    assert_eq!(samples.len(), 2002);
    assert_eq!(samples[1999..], [1999, 7, -7]);
}

#[test]
fn restarting_leaves_what_came_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let mut recorder = Writer::in_place().open(path.clone(), Links::Follow, 1);
    recorder.write(vec![1; 500]);
    recorder.restart();
    assert_eq!(finish(recorder, vec![2; 10]).samples, 10);
    let samples: Vec<i16> =
        hound::WavReader::open(path).unwrap().samples().map(Result::unwrap).collect();
    assert_eq!(samples, [2; 10]);
}

#[test]
fn a_full_disk_is_told_and_stops_nothing_else() {
    let full = Writer::thread().unwrap();
    let recorder = full.open("/dev/full".into(), Links::Follow, 1);
    let end = finish(recorder, vec![1; 100]);
    let error = end.error().unwrap();
    assert!(error.contains("/dev/full") && error.contains("disk full"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let after = full.open(folder.path().join("b.wav"), Links::Follow, 1);
    assert_eq!(finish(after, vec![0; 80]).samples, 80);
}

#[test]
fn a_pipe_that_nobody_reads_stops_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.wav");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = Writer::thread().unwrap();
    let end = finish(writer.open(pipe, Links::Follow, 1), vec![1; 100]);
    assert!(end.error().unwrap().contains("a pipe is not a file"), "{end:?}");
    let after = writer.open(folder.path().join("b.wav"), Links::Follow, 1);
    assert_eq!(finish(after, vec![0; 80]).samples, 80);
}

/// A device that takes the header and then nothing more: what was written stays valid.
#[test]
fn a_file_that_fails_in_the_middle_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    let writer = Writer::in_place();
    let mut recorder = writer.open(path.clone(), Links::Follow, 1);
    recorder.write(vec![3; 100]);
    let Way::InPlace(files) = &writer.0 else { unreachable!() };
    files.lock().0.get_mut(&recorder.id).unwrap().fail("disk full".into());
    assert!(recorder.failed());
    recorder.write(vec![4; 100]);
    let end = finish(recorder, Vec::new());
    assert_eq!(end.samples, 100);
    assert!(end.error().unwrap().contains("disk full"));
    assert_eq!(hound::WavReader::open(path).unwrap().duration(), 100);
}

#[test]
fn a_path_that_cannot_be_made_is_told() {
    let recorder = Writer::in_place().open("/proc/nowhere/a.wav".into(), Links::Follow, 1);
    assert!(recorder.failed());
    let end = finish(recorder, vec![0; 10]);
    assert!(end.error().unwrap().contains("cannot make folder /proc/nowhere"), "{end:?}");
}

#[test]
fn a_slow_disk_costs_silence_not_memory() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::in_place();
    let mut recorder = writer.open(folder.path().join("a.wav"), Links::Follow, 1);
    recorder.state.waiting.store(MAX_WAITING, Ordering::Relaxed);
    recorder.write(vec![5; 2000]);
    recorder.state.waiting.store(0, Ordering::Relaxed);
    let end = finish(recorder, vec![6; 10]);
    assert_eq!((end.samples, end.lost), (2010, 2000));
}
