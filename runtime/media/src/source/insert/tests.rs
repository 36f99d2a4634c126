#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;

use super::*;
use crate::{Config, Media, Search};

/// A WAV of samples that G.711 keeps as they are.
fn wav(path: &Path, samples: &[i16]) {
    let mut wav = Wav::create(path, Links::Follow, 1).unwrap();
    wav.write(samples).unwrap();
    wav.finish().unwrap();
}

fn read(path: &Path) -> Vec<i16> {
    hound::WavReader::open(path).unwrap().into_samples().map(Result::unwrap).collect()
}

fn exact(value: i16) -> i16 {
    Codec::Pcmu.decode(Codec::Pcmu.encode(value))
}

async fn opened(media: &Media, path: &str) -> Source {
    media.library().open_in(path, Codec::Pcmu, Search::default()).await.unwrap()
}

#[tokio::test]
async fn a_sound_is_put_where_it_belongs_and_all_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let [into, sound] = ["into.wav", "sound.wav"].map(|name| folder.path().join(name));
    let (low, high) = (exact(-4000), exact(9000));
    wav(&into, &[low; 1000]);
    wav(&sound, &[high; 300]);
    let media = Media::start(Config::default()).unwrap();
    let library = media.library();
    let source = opened(&media, sound.to_str().unwrap()).await;
    library.insert(into.clone(), Links::Follow, source.clone(), 400).await.unwrap();
    let expected = [vec![low; 400], vec![high; 300], vec![low; 600]].concat();
    assert_eq!(read(&into), expected);
    // Behind its end is at its end.
    library.insert(into.clone(), Links::Refuse, source.clone(), u64::MAX).await.unwrap();
    assert_eq!(read(&into), [expected.clone(), vec![high; 300]].concat());
    // What is heard next is what is in it now.
    assert_eq!(opened(&media, into.to_str().unwrap()).await.samples(), Some(1600));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside");
}

#[tokio::test]
async fn what_cannot_be_inserted_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("into.wav");
    wav(&into, &[0; 80]);
    let before = fs::read(&into).unwrap();
    let media = Media::start(Config::default()).unwrap();
    let library = media.library();
    let tone = opened(&media, "tone_stream://%(100,0,440)").await;
    let endless = opened(&media, "silence_stream://-1").await;
    let long = opened(&media, "silence_stream://14400000").await;
    let insert =
        |path: PathBuf, source: &Source| library.insert(path, Links::Follow, source.clone(), 0);
    let failed = insert(into.clone(), &endless).await.unwrap_err().to_string();
    assert!(failed.contains("never ends"), "{failed}");
    let failed = insert(into.clone(), &long).await.unwrap_err().to_string();
    assert!(failed.contains("longer than 4 h"), "{failed}");
    let failed = insert(folder.path().join("into.ul"), &tone).await.unwrap_err().to_string();
    assert!(failed.contains("only a .wav"), "{failed}");
    let failed = insert(folder.path().join("none.wav"), &tone).await.unwrap_err();
    assert!(matches!(failed, SourceError::NotFound { .. }), "{failed}");
    assert_eq!(fs::read(&into).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_sound_comes_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("into.wav");
    wav(&into, &[exact(7000); 3 * PIECE + 1]);
    let media = Media::start(Config::default()).unwrap();
    for (sound, length) in [
        (into.to_str().unwrap(), 3 * PIECE + 1),
        // 2 h.
        ("silence_stream://7200000", 2 * 3600 * 8000),
        ("tone_stream://L=3;%(1000,500,440)", 3 * 12_000),
    ] {
        let source = opened(&media, sound).await;
        let lengths: Vec<usize> = sounding(&source).map(|piece| piece.len()).collect();
        assert_eq!(lengths.iter().sum::<usize>(), length, "{sound}");
        assert!(lengths.iter().all(|length| *length <= PIECE), "{sound}");
    }
}
