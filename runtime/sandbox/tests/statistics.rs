//! What became of runs: numbers, and being told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::sync::Arc;

use common::{Home, Lent, SEVEN, a_run, home, profile, run};
use parking_lot::Mutex;
use ringfence_sandbox::wasmtime::Store;
use ringfence_sandbox::wasmtime::component::Instance;
use ringfence_sandbox::{
    Calling, Cost, JobInfo, OTHERS, Observer, Outcome, ROWS, ScriptStatistics, State,
};

const TRAP: &str = r#"(func (export "run") (result i32) (call $at (i32.const 12)) unreachable)"#;

async fn once(home: &Home, core: &str, script: &str, version: Option<&str>) {
    let guest = home.load(core);
    let mut run_ = a_run(profile());
    run_.script = script.into();
    run_.version = version.map(Arc::from);
    home.sandbox.start(&guest, run_, run).await.unwrap().wait().await;
}

fn row(home: &Home, script: &str, version: Option<&str>) -> ScriptStatistics {
    let rows = home.sandbox.script_statistics();
    let found = rows.iter().find(|row| &*row.script == script && row.version.as_deref() == version);
    found.unwrap_or_else(|| panic!("{rows:?}")).clone()
}

#[tokio::test]
async fn script_by_script_and_version_by_version() {
    let home = home();
    once(&home, SEVEN, "a.lua", Some("1")).await;
    once(&home, TRAP, "a.lua", Some("1")).await;
    once(&home, SEVEN, "a.lua", Some("2")).await;
    once(&home, SEVEN, "b.lua", None).await;

    let one = row(&home, "a.lua", Some("1"));
    assert_eq!(one.runs, 2);
    assert_eq!((one.ended.get("returned"), one.ended.get("trap")), (Some(&1), Some(&1)));
    assert!(!one.cpu.is_zero() && !one.median.is_zero() && one.p99 >= one.median, "{one:?}");
    let error = one.last_error.unwrap();
    assert_eq!(error.name, "trap");
    assert!(error.message.contains("unreachable"), "{}", error.message);
    assert_eq!(error.at.unwrap().to_string(), "test.lua:12");

    let two = row(&home, "a.lua", Some("2"));
    assert_eq!((two.runs, two.last_error), (1, None));
    assert_eq!(row(&home, "b.lua", None).runs, 1);
    let order: Vec<_> =
        home.sandbox.script_statistics().iter().map(|row| row.script.to_string()).collect();
    assert_eq!(order, ["a.lua", "a.lua", "b.lua"]);
}

/// Answers as [`run`], and says that it was no good.
fn failing(store: &mut Store<State<Lent>>, instance: Instance) -> Calling<'_, u32> {
    Box::pin(async move {
        let answer = run(&mut *store, instance).await?;
        store.data().job().failed("error", "attempt to call a nil value");
        Ok(answer)
    })
}

#[tokio::test]
async fn a_failure_that_the_host_reports() {
    let home = home();
    let guest = home.load(SEVEN);
    let mut job = home.sandbox.start(&guest, a_run(profile()), failing).await.unwrap();
    assert_eq!(job.wait().await.result, Ok(7));
    let row = row(&home, "test.lua", None);
    assert_eq!(row.ended.get("error"), Some(&1));
    assert_eq!(row.last_error.unwrap().message, "attempt to call a nil value");
}

#[tokio::test]
async fn the_oldest_rows_are_put_together() {
    let home = home();
    let guest = home.load(SEVEN);
    for number in 0..ROWS + 2 {
        let mut run_ = a_run(profile());
        run_.script = format!("{number}.lua").into();
        home.sandbox.start(&guest, run_, run).await.unwrap().wait().await;
    }
    let rows = home.sandbox.script_statistics();
    assert_eq!(rows.len(), ROWS + 1);
    let others = rows.last().unwrap();
    assert_eq!((&*others.script, others.runs), (OTHERS, 2));
    assert!(rows.iter().all(|row| &*row.script != "0.lua" && &*row.script != "1.lua"));
}

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Observer for Told {
    fn started(&self, job: &JobInfo) {
        self.0.lock().push(format!("start {}", job.script));
    }

    fn ended(&self, job: &JobInfo, how: &Outcome, cost: &Cost) {
        assert_eq!(cost.peak_memory, job.cost.peak_memory);
        let error = how.error.is_some();
        self.0.lock().push(format!("end {} {} {error}", job.script, how.name));
    }
}

#[tokio::test]
async fn observers_are_told() {
    let home = home();
    once(&home, SEVEN, "unseen.lua", None).await;
    let told = Arc::new(Told::default());
    home.sandbox.observe(Arc::<Told>::clone(&told));
    once(&home, SEVEN, "a.lua", None).await;
    once(&home, TRAP, "b.lua", None).await;
    let all = ["start a.lua", "end a.lua returned false", "start b.lua", "end b.lua trap true"];
    assert_eq!(*told.0.lock(), all);
}
