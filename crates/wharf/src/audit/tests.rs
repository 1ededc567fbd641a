use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

fn record(subject: &str) -> Record<'_> {
    Record {
        event: Event::Write,
        account: Some("ann"),
        address: Some("192.0.2.1".parse().unwrap()),
        subject,
        because: "rule 2 (the team pushes)",
        is_allowed: true,
    }
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
fn a_line_is_one_object_whatever_is_in_it() {
    let hostile = Record {
        account: Some("ann\n{\"event\":\"login\"}\u{1b}[2J\u{2028}"),
        ..record("PUT /v2/a")
    };
    let line = line(&hostile);
    assert_eq!(line.matches('\n').count(), 1);
    let line = read(&line);
    assert_eq!(line["account"], hostile.account.unwrap());
    assert_eq!(
        (&line["event"], &line["outcome"], &line["address"]),
        (&json!("write"), &json!("allowed"), &json!("192.0.2.1"))
    );
    let time: Timestamp = line["time"].as_str().unwrap().parse().unwrap();
    assert!(time <= Timestamp::now());
}

#[test]
fn attack_long_texts_are_cut_off() {
    let long = "é".repeat(1 << 20);
    let long = Record {
        account: Some(&long),
        because: &long,
        ..record(&long)
    };
    assert!(line(&long).len() < 4 * LONGEST);
}

#[test]
fn the_file_is_for_its_owner_and_appended_to() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    for number in 1..=2 {
        let log = AuditLog::open(path.to_str().unwrap()).unwrap();
        log.take(&record("x"));
        log.close();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), number);
    }
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(AuditLog::open("/nonexistent/audit.log").is_err());
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_followed_by_another() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.log");
    let log = AuditLog::open(path.to_str().unwrap()).unwrap();
    log.take(&record("before"));
    // Until it is opened again, the old file is written on, wherever it is.
    let old = directory.path().join("old");
    std::fs::rename(&path, &old).unwrap();
    while !std::fs::read_to_string(&old).unwrap().contains("before") {
        tokio::task::yield_now().await;
    }
    log.reopen().await.unwrap();
    log.take(&record("after"));
    log.close();
    let texts = [old, path].map(|path| std::fs::read_to_string(path).unwrap());
    assert!(!texts[0].contains("after") && texts[1].contains("after"));
    assert!(!texts[1].contains("before"));
}

/// Takes a write only when it is told how.
struct Told {
    asked: Sender<()>,
    how: Receiver<io::Result<()>>,
    written: Sender<String>,
}

impl io::Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.asked.send(()).unwrap();
        self.how.recv().unwrap_or(Ok(()))?;
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        self.written.send(text).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn what_is_missing_is_told_and_nobody_waits() {
    let ((asked, is_asked), (tell, how), (written, texts)) = (channel(), channel(), channel());
    let output = Told {
        asked,
        how,
        written,
    };
    let missing = Arc::new(AtomicU64::new(0));
    let output = Output::new(output, None, Arc::clone(&missing));
    let one = line(&record("x")).len();
    let log = AuditLog {
        lines: Lines::new("test", output, 3 * one).unwrap(),
        missing,
        next: None,
    };
    log.take(&record("x"));
    is_asked.recv().unwrap();
    // The first is being written and three may wait.
    for _ in 0..10 {
        log.take(&record("x"));
    }
    // The first fails: its line is missing too, and nothing can be told yet.
    tell.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
    drop(tell);
    log.close();
    let text: String = texts.try_iter().collect();
    let lines: Vec<Value> = text.lines().map(read).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[..3].iter().all(|line| line["event"] == "write"));
    assert_eq!(
        (&lines[3]["event"], &lines[3]["count"]),
        (&json!("dropped"), &json!(8))
    );
}
