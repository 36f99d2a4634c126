use super::*;

fn library(folders: &[&Path]) -> Library {
    let sounds = folders.iter().map(|folder| folder.to_path_buf()).collect();
    Library::new(&Config { sounds, ..Config::default() })
}

#[tokio::test]
async fn files_are_found_in_the_order_of_the_folders() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(one.path().join("a.ul"), [1; 80]).unwrap();
    std::fs::write(two.path().join("a.ul"), [2; 160]).unwrap();
    std::fs::write(two.path().join("b.ul"), [3; 240]).unwrap();
    let library = library(&[one.path(), two.path()]);
    let milliseconds = async |name: &str| library.open(name).await.unwrap().milliseconds();
    assert_eq!(milliseconds("a.ul").await, Some(10));
    assert_eq!(milliseconds("b.ul").await, Some(30));
    let absolute = two.path().join("a.ul").display().to_string();
    assert_eq!(milliseconds(&absolute).await, Some(20));
    assert_eq!(milliseconds(&format!("file://{absolute}")).await, Some(20));
    assert_eq!(milliseconds("file_string://a.ul!b.ul!silence_stream://60").await, Some(100));
    assert_eq!(milliseconds("{loops=3,x=y}a.ul").await, Some(30));
    assert_eq!(milliseconds("{loops=-1}a.ul").await, None);
    let error = library.open("c.ul").await.unwrap_err().to_string();
    for folder in [one.path(), two.path()] {
        assert!(error.contains(&folder.join("c.ul").display().to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_prefix_comes_first_and_rates_have_folders() {
    let (own, prefix) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::create_dir_all(prefix.path().join("digits/8000")).unwrap();
    std::fs::write(prefix.path().join("digits/8000/1.ul"), [1; 80]).unwrap();
    std::fs::write(prefix.path().join("a.ul"), [1; 160]).unwrap();
    std::fs::write(own.path().join("a.ul"), [1; 240]).unwrap();
    std::fs::write(own.path().join("b.ul"), [1; 320]).unwrap();
    let library = library(&[own.path()]);
    let search = Search { prefix: Some(prefix.path()), folders: None };
    let open = async |name: &str| library.open_in(name, Codec::Pcmu, search).await;
    let milliseconds = async |name: &str| open(name).await.unwrap().milliseconds();
    assert_eq!(milliseconds("digits/1.ul").await, Some(10));
    assert_eq!(milliseconds("a.ul").await, Some(20));
    assert_eq!(milliseconds("b.ul").await, Some(40));
    assert_eq!(milliseconds("file_string://digits/1.ul!nothing.ul!b.ul").await, Some(50));
    let error = open("file_string://no.ul!nothing.ul").await.unwrap_err();
    assert!(matches!(&error, SourceError::NotFound { tried } if tried.len() == 2), "{error}");
}

#[tokio::test]
async fn the_second_opening_reads_nothing_and_a_replaced_file_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ul");
    std::fs::write(&path, [1; 80]).unwrap();
    let library = library(&[folder.path()]);
    let clip = async || match &library.open("a.ul").await.unwrap().parts[0] {
        Part::Clip { clip, .. } => Arc::clone(clip),
        Part::Silence { .. } => panic!("a file is a clip"),
    };
    let first = clip().await;
    assert!(Arc::ptr_eq(&first, &clip().await));
    assert!(library.cached() > 80);
    std::fs::write(&path, [2; 240]).unwrap();
    tokio::time::pause();
    tokio::time::advance(FRESH * 2).await;
    tokio::time::resume();
    assert_eq!(clip().await.bytes.len(), 240);
    std::fs::remove_file(&path).unwrap();
    tokio::time::pause();
    tokio::time::advance(FRESH * 2).await;
    tokio::time::resume();
    assert!(matches!(library.open("a.ul").await, Err(SourceError::NotFound { .. })));
}

#[tokio::test]
async fn streams_of_tone_and_silence() {
    let library = library(&[]);
    let milliseconds = async |name: &str| library.open(name).await.unwrap().milliseconds();
    assert_eq!(milliseconds("tone_stream://%(200,100,440)").await, Some(300));
    assert_eq!(
        milliseconds("tone_stream://L=2;%(200,100,440);v=-20;%(50,50,1000)").await,
        Some(800)
    );
    assert_eq!(milliseconds("tone_stream://%(2000,4000,440,480);loops=-1").await, None);
    assert_eq!(milliseconds("silence_stream://1500").await, Some(1500));
    assert_eq!(milliseconds("silence_stream://-1").await, None);
    assert_eq!(milliseconds("silence_stream://2000,1400").await, Some(2000));
    assert_eq!(milliseconds("silence_stream://-1,1400").await, None);
}

#[tokio::test]
async fn what_cannot_be_played_says_why() {
    let library = library(&[]);
    for (name, part) in [
        ("relative.wav", "no folder of sounds is configured"),
        ("shout://x", "unknown scheme shout"),
        ("tone_stream://nonsense", "tone_stream://nonsense"),
        ("silence_stream://soon", "wants milliseconds"),
        ("silence_stream://-5", "wants milliseconds"),
        ("silence_stream://5,loud", "wants milliseconds"),
        ("file_string://", "no file between"),
        ("{loops=3", "{ without }"),
        ("{loops=0}x.wav", "loops=0"),
        ("/does/not/exist.wav", "not found: /does/not/exist.wav"),
    ] {
        let error = library.open(name).await.unwrap_err().to_string();
        assert!(error.contains(part), "{name}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_takes_no_simulated_time() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ul"), [1; 80_000]).unwrap();
    let before = tokio::time::Instant::now();
    library(&[folder.path()]).open_for("a.ul", Codec::Pcma).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn only_what_lies_in_the_folders_is_opened() {
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name);
    for folder in ["sounds", "granted"] {
        std::fs::create_dir(at(folder)).unwrap();
    }
    for name in ["sounds/a.ul", "granted/b.ul"] {
        std::fs::write(at(name), [1; 80]).unwrap();
    }
    std::os::unix::fs::symlink(at("sounds/a.ul"), at("granted/link.ul")).unwrap();
    let library = library(&[&at("sounds"), &at("granted")]);
    let folders = Folders::new([at("granted")]);
    let open = async |name: &str| {
        let search = Search { prefix: None, folders: Some(&folders) };
        library.open_in(name, Codec::Pcmu, search).await
    };
    let path = |name: &str| at(name).display().to_string();
    // Relative, absolute, beside tones; through the cache as well.
    for _ in 0..2 {
        for name in [
            "b.ul",
            &path("granted/b.ul"),
            "file_string://b.ul!tone_stream://%(20,0,440)",
            "silence_stream://20",
        ] {
            assert!(open(name).await.is_ok(), "{name}");
        }
    }
    // Heard by somebody who may, and so in the cache.
    assert!(library.open("a.ul").await.is_ok());
    assert!(library.open(&path("granted/link.ul")).await.is_ok());
    for name in [
        "../sounds/a.ul",
        &path("granted/link.ul"),
        &path("granted/../sounds/a.ul"),
        &format!("file_string://b.ul!{}", path("sounds/a.ul")),
        "/etc/passwd",
        "/no/such/file.wav",
    ] {
        assert!(matches!(open(name).await, Err(SourceError::Outside { .. })), "{name}");
    }
    // What is found only where it may not be looked for, is not there.
    for name in ["a.ul", "none.ul"] {
        assert!(matches!(open(name).await, Err(SourceError::NotFound { .. })), "{name}");
    }
}
