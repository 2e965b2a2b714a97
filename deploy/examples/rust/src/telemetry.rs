//! Events wait in a file until Northstar has answered for them, so that nothing is lost offline; their ids make sending twice harmless.
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// The most that a run keeps, bytes.
const MAX_SPOOL: u64 = 1024 * 1024;
/// A file that nobody has appended to for so long has no program.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);
/// How long the program is held at its end.
const TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Clone)]
pub struct Telemetry {
    folder: PathBuf,
    user: String,
    session: String,
    enabled: bool,
}

impl Telemetry {
    /// The first run shows a notice and sends nothing. A folder that cannot be written means off; `DO_NOT_TRACK` overrides all.
    pub fn start(app: &str) -> Self {
        let home = home_folder();
        let state = std::env::var("XDG_STATE_HOME").map(PathBuf::from).unwrap_or_else(|_| home.join(".local/state"));
        let folder = state.join(app);
        let mut telemetry = Telemetry { user: String::new(), session: random_hex(), enabled: false, folder };
        telemetry.user = telemetry.hash_user_id();
        match telemetry.read("consent").as_deref() {
            Some("enabled") => telemetry.enabled = !do_not_track(),
            Some(_) => {}
            None if !do_not_track() && telemetry.write("consent", "enabled") => {
                eprintln!("{app} sends anonymous usage data, from the next run on. Opt out: {app} telemetry disable, or DO_NOT_TRACK=1.");
            }
            None => {}
        }
        telemetry
    }

    /// The installation's random id, hashed: nothing of the person or the machine is in it.
    fn hash_user_id(&self) -> String {
        let id = self.read("installation").unwrap_or_else(|| {
            let made = random_hex();
            self.write("installation", &made);
            made
        });
        Sha256::digest(id.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn capture(&self, event: &str, properties: Value) {
        if !self.enabled || fs::metadata(self.spool()).is_ok_and(|file| file.len() > MAX_SPOOL) {
            return;
        }
        let line = format!("{}\n", self.event(event, properties));
        if let Ok(mut file) = OpenOptions::new().create(true).append(true).open(self.spool()) {
            let _ = file.write_all(line.as_bytes());
        }
    }

    fn event(&self, event: &str, mut properties: Value) -> Value {
        properties["platform"] = json!(std::env::consts::OS);
        properties["version"] = json!(env!("CARGO_PKG_VERSION"));
        json!({
            "event": event, "id": random_hex(), "timestamp": now_ms(),
            "user_id": self.user, "session_id": self.session, "properties": properties,
        })
    }

    /// Reports a panic by its place and nothing else: the message may quote what somebody typed.
    pub fn report_crashes(&self) {
        let telemetry = self.clone();
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("unknown".to_string(), |at| {
                let file = at.file().rsplit(['/', '\\']).next().unwrap_or("");
                format!("{file}:{}:{}", at.line(), at.column())
            });
            telemetry.capture("crash", json!({ "stack_trace": format!("panic at {place}") }));
            telemetry.flush();
            default(panic);
        }));
    }

    /// Sends what waits, that of earlier runs included. What is not answered stays for the next run.
    pub fn flush(&self) {
        if !self.enabled {
            return;
        }
        let (Ok(url), Ok(key)) = (std::env::var("NORTHSTAR_URL"), std::env::var("NORTHSTAR_WRITE_KEY")) else { return };
        let _ = fs::rename(self.spool(), self.spool().with_extension("ready"));
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| self.may_send(path)) {
            // A name that nobody appends to: a run that is not over has a file of its own.
            let ready = path.with_extension("ready");
            if fs::rename(&path, &ready).is_err() {
                continue;
            }
            let Ok(body) = fs::read_to_string(&ready) else { continue };
            let answer = ureq::post(&format!("{url}/v1/events?sent_at={}", now_ms()))
                .timeout(TIMEOUT)
                .set("authorization", &format!("Bearer {key}"))
                .set("content-type", "application/x-ndjson")
                .send_string(&body);
            match answer {
                // Each event was accepted, or refused for good.
                Ok(_) | Err(ureq::Error::Status(400 | 413 | 422, _)) => drop(fs::remove_file(&ready)),
                Err(_) => return,
            }
        }
    }

    /// Events that a run could not send yet, and those of a run that was killed.
    fn may_send(&self, path: &Path) -> bool {
        match path.extension().and_then(|end| end.to_str()) {
            Some("ready") => true,
            Some("open") => {
                let age = fs::metadata(path).and_then(|file| file.modified()).ok().and_then(|at| at.elapsed().ok());
                age.is_some_and(|age| age > ORPHAN_AGE)
            }
            _ => false,
        }
    }

    /// `telemetry enable | disable | status | preview`.
    pub fn command(&self, action: Option<&str>) {
        match action {
            Some("enable") if self.write("consent", "enabled") => println!("Telemetry is enabled."),
            Some("disable") => {
                let _ = fs::remove_file(self.spool());
                if self.write("consent", "disabled") {
                    println!("Telemetry is disabled.");
                }
            }
            Some("status") if do_not_track() => println!("Telemetry is off: DO_NOT_TRACK is set."),
            Some("status") => println!("Telemetry is {}.", if self.enabled { "enabled" } else { "disabled" }),
            Some("preview") => println!("{:#}", self.event("command_generated", json!({ "category": "file_management" }))),
            _ => eprintln!("usage: telemetry enable|disable|status|preview"),
        }
    }

    /// How many commands this installation has run, the present one included.
    pub fn count_command(&self) -> u32 {
        let count = self.read("commands").and_then(|text| text.parse().ok()).unwrap_or(0) + 1;
        self.write("commands", &count.to_string());
        count
    }

    pub fn home(&self) -> String {
        home_folder().display().to_string()
    }

    fn spool(&self) -> PathBuf {
        self.folder.join(format!("{}.open", self.session))
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn write(&self, name: &str, text: &str) -> bool {
        fs::create_dir_all(&self.folder).and_then(|()| fs::write(self.folder.join(name), text)).is_ok()
    }
}

fn home_folder() -> PathBuf {
    PathBuf::from(std::env::var("HOME").or_else(|_| std::env::var("USERPROFILE")).unwrap_or_default())
}

fn do_not_track() -> bool {
    std::env::var("DO_NOT_TRACK").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn random_hex() -> String {
    let mut bytes = [0u8; 16];
    getrandom::getrandom(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
