//! Running other programs: quiet while they succeed, complete when they fail.

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fmt,
    io::{BufRead, BufReader, IsTerminal, Read},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

/// Without a terminal there is no spinner; a line this often shows that work goes on.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A program that failed or ran out of time, with everything it printed.
#[derive(Debug)]
pub struct Failed {
    command: String,
    reason: String,
    output: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}", self.command, self.reason)?;
        if !self.output.trim().is_empty() {
            write!(f, "; its output:\n\n{}", indent(self.output.trim_end()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Failed {}

/// Runs to the end behind a spinner that shows the last line printed, and returns what went to standard output.
pub fn run(command: &mut Command) -> Result<String> {
    run_within(command, Duration::MAX)
}

/// As [`run`], but ends the program after `limit`.
pub fn run_within(command: &mut Command, limit: Duration) -> Result<String> {
    Background::start(command)?.finish_within(limit)
}

/// A program that runs while something else is done. Dropped before its end, it is ended.
pub struct Background {
    command: String,
    child: Child,
    incoming: Receiver<Line>,
}

impl Background {
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", command.get_program().to_string_lossy()))?;
        let incoming = read(&mut child);
        Ok(Self { command: describe(command), child, incoming })
    }

    /// Waits for its end, as [`run`] does.
    pub fn finish(self) -> Result<String> {
        self.finish_within(Duration::MAX)
    }

    fn finish_within(mut self, limit: Duration) -> Result<String> {
        let (status, lines) = watch(&mut self.child, &self.incoming, limit)?;
        let reason = match status {
            Some(status) if status.success() => return Ok(join(lines.iter().filter(|line| line.stdout))),
            Some(status) => format!("failed ({status})"),
            None => format!("did not finish within {} s", limit.as_secs()),
        };
        bail!(Failed { command: std::mem::take(&mut self.command), reason, output: join(lines.iter()) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs with the terminal's own input and output.
pub fn passthrough(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("cannot start `{}`", command.get_program().to_string_lossy()))?;
    if !status.success() {
        bail!(Failed { command: describe(command), reason: format!("failed ({status})"), output: String::new() });
    }
    Ok(())
}

/// Becomes the program, so that signals reach it and nothing else.
pub fn exec(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start `{}`", describe(command)))
}

/// A program's first line of output, for `--version` and the like; nothing when it cannot be run.
pub fn first_line(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

struct Line {
    text: String,
    stdout: bool,
}

/// The exit status, or nothing when the limit passed and the program was ended.
fn watch(child: &mut Child, incoming: &Receiver<Line>, limit: Duration) -> Result<(Option<ExitStatus>, Vec<Line>)> {
    let (started, spinner) = (Instant::now(), spinner());
    let (mut lines, mut spoken): (Vec<Line>, _) = (Vec::new(), Instant::now());
    loop {
        match incoming.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                spinner.set_message(line.text.trim().to_owned());
                lines.push(line);
            }
            Err(RecvTimeoutError::Timeout) => spinner.tick(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            spinner.finish_and_clear();
            return Ok((None, lines));
        }
        if spinner.is_hidden() && spoken.elapsed() > HEARTBEAT {
            let last = lines.last().map_or("", |line| line.text.trim());
            println!("      … {} s: {last}", started.elapsed().as_secs());
            spoken = Instant::now();
        }
    }
    spinner.finish_and_clear();
    Ok((Some(child.wait()?), lines))
}

fn read(child: &mut Child) -> Receiver<Line> {
    let (sender, receiver) = channel();
    if let Some(stdout) = child.stdout.take() {
        forward(stdout, true, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        forward(stderr, false, sender);
    }
    receiver
}

fn forward(pipe: impl Read + Send + 'static, stdout: bool, sender: Sender<Line>) {
    std::thread::spawn(move || {
        for bytes in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if sender.send(Line { text, stdout }).is_err() {
                break;
            }
        }
    });
}

fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("      {spinner} {elapsed} {wide_msg:.dim}");
    ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

fn join<'a>(lines: impl Iterator<Item = &'a Line>) -> String {
    lines.map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn what_runs_in_the_background_ends_as_if_it_had_been_waited_for() {
        assert_eq!(Background::start(&mut shell("echo one; echo two >&2")).unwrap().finish().unwrap(), "one");
        let failed = Background::start(&mut shell("echo why; exit 3")).unwrap().finish().unwrap_err().to_string();
        assert!(failed.contains("exit status: 3") && failed.contains("why"), "{failed}");
    }

    #[test]
    fn what_nobody_waits_for_is_ended() {
        let running = Background::start(&mut shell("exec sleep 600")).unwrap();
        let place = format!("/proc/{}", running.child.id());
        assert!(std::path::Path::new(&place).exists());
        drop(running);
        assert!(!std::path::Path::new(&place).exists(), "{place}");
    }
}
