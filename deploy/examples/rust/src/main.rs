//! A command-line program that reports what the release guide measures: commands, feedback, errors, latency, memory, crashes, and a
//! survey after ten commands. `NORTHSTAR_URL` and `NORTHSTAR_WRITE_KEY` say where events go.
mod telemetry;

use std::io::{BufRead, Write};
use std::time::Instant;

use serde_json::json;
use telemetry::Telemetry;

/// Commands before the survey is offered.
const SURVEY_AFTER: u32 = 10;

fn main() {
    let telemetry = Telemetry::start("northstar-example");
    telemetry.report_crashes();
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("telemetry") => telemetry.command(arguments.next().as_deref()),
        Some("crash") => panic!("a crash whose message never leaves this machine: {}", telemetry.home()),
        Some(query) => run(&telemetry, query),
        None => eprintln!("usage: northstar-example QUERY | telemetry enable|disable|status|preview | crash"),
    }
    telemetry.flush();
}

fn run(telemetry: &Telemetry, query: &str) {
    let start = Instant::now();
    let generated = generate_command(query);
    telemetry.capture(
        "command_generation_latency",
        json!({ "duration_ms": start.elapsed().as_secs_f64() * 1000.0, "query_complexity": complexity(query) }),
    );
    let Some((command, category)) = generated else {
        telemetry.capture("command_generation_error", json!({ "error_type": "parse_failure" }));
        return;
    };
    // Never the command itself, nor what was asked.
    telemetry.capture("command_generated", json!({ "category": category }));
    println!("Command: {command}");
    if let Some(answer) = ask("Did this command work? [y/n] ") {
        telemetry.capture("command_feedback", json!({ "success": answer.starts_with('y'), "category": category }));
    }
    if telemetry.count_command() == SURVEY_AFTER {
        if let Some(rating) = ask("How satisfied are you, 1 to 5? ").and_then(|text| text.parse::<u8>().ok()).filter(|n| (1..=5).contains(n)) {
            telemetry.capture("satisfaction_survey", json!({ "rating": rating }));
        }
    }
    if let Some(memory_kb) = peak_memory_kb() {
        telemetry.capture("memory_usage", json!({ "memory_kb": memory_kb }));
    }
}

/// Stands for what the program does.
fn generate_command(query: &str) -> Option<(&'static str, &'static str)> {
    match query {
        "show running processes" => Some(("ps aux", "process_monitoring")),
        "list files" => Some(("ls -l", "file_management")),
        _ => None,
    }
}

fn complexity(query: &str) -> &'static str {
    match query.split_whitespace().count() {
        0..=3 => "simple",
        4..=8 => "medium",
        _ => "complex",
    }
}

/// A line of standard input; nothing at its end.
fn ask(question: &str) -> Option<String> {
    print!("{question}");
    std::io::stdout().flush().ok()?;
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line) {
        Ok(n) if n > 0 => Some(line.trim().to_lowercase()),
        _ => None,
    }
}

#[cfg(unix)]
fn peak_memory_kb() -> Option<i64> {
    // SAFETY: getrusage fills the struct that it is given.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    if unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) } != 0 {
        return None;
    }
    let divisor = if cfg!(target_os = "macos") { 1024 } else { 1 };
    Some(i64::from(usage.ru_maxrss) / divisor)
}

#[cfg(not(unix))]
fn peak_memory_kb() -> Option<i64> {
    None
}
