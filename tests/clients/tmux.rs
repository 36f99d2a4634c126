use std::process::Command;

use ringfence_tests::eventually;

/// A terminal of its own, of 160 columns and 40 rows, in which a program runs.
pub(crate) struct Terminal {
    socket: tempfile::TempDir,
}

impl Terminal {
    /// Runs a shell command line in it.
    #[track_caller]
    pub(crate) fn run(command: &str) -> Self {
        let socket = tempfile::Builder::new().prefix("ringfence-tmux-").tempdir().unwrap();
        let terminal = Self { socket };
        // What is left of a program that has ended stays to be read.
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "40", command]);
        terminal.tmux(&["set-option", "-g", "remain-on-exit", "on"]);
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.socket.path().join("tmux")).args(arguments);
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        let output =
            command.output().unwrap_or_else(|error| panic!("tmux: {error}; run ./setup.sh"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types text as it is.
    pub(crate) fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Presses a key: `Enter`, `Tab`, `Up`, `C-c` …
    pub(crate) fn presses(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Gives up the line that is being typed; what is typed before the next prompt may be lost.
    #[track_caller]
    pub(crate) fn gives_up(&self) {
        self.presses("C-c");
        eventually("an empty prompt", || {
            let screen = self.screen();
            let last = screen.lines().map(str::trim_end).rfind(|line| !line.is_empty());
            last.is_some_and(|line| line.ends_with('>')).then_some(())
        });
    }

    /// Types a line.
    pub(crate) fn line(&self, text: &str) {
        self.types(text);
        self.presses("Enter");
    }

    /// What is on the screen, and what has left it above.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-1000"])
    }

    /// The same with its colours.
    pub(crate) fn coloured(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e", "-S", "-1000"])
    }

    /// Waits until the program has ended.
    #[track_caller]
    pub(crate) fn ended(&self) {
        eventually("the program to end", || {
            (self.tmux(&["display-message", "-p", "#{pane_dead}"]).trim() == "1").then_some(())
        });
    }

    /// Waits until that is on the screen.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> String {
        let mut last = String::new();
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually(&format!("{text:?} on the screen"), || {
                last = self.screen();
                last.contains(text).then_some(())
            });
        }));
        assert!(found.is_ok(), "no {text:?} on the screen:\n{last}");
        last
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.socket.path().join("tmux")).arg("kill-server");
        // It may have ended with its program.
        let _ = command.output();
    }
}
