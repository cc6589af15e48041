use crate::cli::Args;
use crate::hooks::Hooks;
use crate::report::Report;
use crate::source::Source;
use anyhow::Context;
use chrono::Timelike;
use home::{Config, EngineChoice, Exit, Home, OnBattery, RetentionConfig, WorkConfig};
use speech::models::{self, Model};
use speech::{EngineError, EngineOptions, EngineProcess, Recogniser, Vad, VadChoice};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Campaign, Pass, StoreError, Terms, When};
use timeline::{Clock, SystemClock, WallTime};
use worker::{CampaignSettings, LiveModel, LiveSettings, Machine, PassPlan, Progress, Settings, Summary, Worker};

/// Sets everything up, works, and says how it ended.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let stop = stop_flag()?;
    if args.supervised {
        stop_when_stdin_closes(Arc::clone(&stop))?;
    }
    let home = Home::resolve(args.home.as_deref())?;
    home.ensure()?;
    let (config, _) = match Config::load(&home, args.config.as_deref()) {
        Ok(loaded) => loaded,
        Err(error) => {
            crate::report::error(&error.into());
            return Ok(Exit::Usage);
        }
    };
    // Before anything that takes time or memory: the one who works already does the work.
    if home::Lock::is_held(&home.worker_lock()) {
        return Err(second_worker(&home));
    }
    let source = match Source::of(&config, args.once) {
        Ok(source) => source,
        Err(error) => {
            crate::report::error(&error);
            return Ok(Exit::Usage);
        }
    };
    let settings = settings(&home, &config, args.model.as_deref(), source)?;
    let pass = settings.plan.pass.name();
    let mut worker = open(&home, settings)?;
    worker.keep_by(rules(&home, args.config.as_deref()));
    let mut report = Report::new(args.supervised);
    let mut hooks = Hooks::start(&config.hooks, &home, pass)?;
    let stopped = || stop.load(Ordering::Relaxed);
    let mut told = |progress: Progress<'_>| {
        report.show(&progress);
        if let Some(hooks) = &mut hooks {
            hooks.note(&progress);
        }
    };
    let summary = if args.once { worker.run_once(&stopped, &mut told) } else { worker.watch(&stopped, &mut told) };
    if let Some(hooks) = hooks {
        hooks.finish(stopped());
    }
    let summary = summary?;
    report.finish(&summary);
    Ok(exit(&summary))
}

/// What the worker is to do, by the configuration, and with what: the recogniser is started here.
fn settings(home: &Home, config: &Config, asked: Option<&str>, mut source: Source) -> anyhow::Result<Settings> {
    let model = source.model(home, config, asked)?;
    let (choice, library) = (VadChoice::from(config.work.vad), config.work.onnxruntime.clone());
    let open_vad = move || Vad::open(choice, library.as_deref());
    let vad = open_vad().context("cannot start the voice detector")?;
    let executable = engine_executable()?;
    let recogniser = source.recogniser(&executable, home, &model)?;
    let live = {
        let (home, work, model) = (home.clone(), config.work.clone(), model.clone());
        let (executable, source) = (executable.clone(), source.clone());
        let model = Box::new(move || live_model(&home, &work, &model, &executable, &source));
        LiveSettings { model, vad: Box::new(open_vad) }
    };
    Ok(Settings {
        plan: source.named(PassPlan::backlog(&model, &config.work, SystemClock.wall())),
        translation: PassPlan::translation(&model, &config.work, SystemClock.wall()).map(|plan| source.named(plan)),
        recogniser,
        vad,
        live: Some(live),
        campaigns: Some(campaigns(home, &config.work, &executable)),
        holds_back: {
            let (pauses, machine) = (config.work.on_battery == OnBattery::Pause, Machine::default());
            Box::new(move || pauses && machine.is_on_battery())
        },
        segment_minutes: config.record.segment_minutes,
        unload_after: Duration::from_mins(config.work.unload_after_min.into()),
        clock: Box::new(SystemClock),
    })
}

/// Opens the worker; where a person can do something about what is wrong, that is said.
fn open(home: &Home, settings: Settings) -> anyhow::Result<Worker> {
    match Worker::open(home, settings) {
        Err(worker::WorkerError::SecondWorker { .. }) => Err(second_worker(home)),
        Err(
            error @ (worker::WorkerError::NoDatabase { .. } | worker::WorkerError::Store(StoreError::Damaged { .. })),
        ) => {
            let hint = "`hearsay rebuild` makes the database anew of the words beside the sound";
            Err(anyhow::anyhow!("{}\nhint: {hint}", home::one_line(&error)))
        }
        opened => Ok(opened?),
    }
}

/// The rules of retention as they are in the configuration whenever they are asked for.
fn rules(home: &Home, file: Option<&Path>) -> Box<dyn Fn() -> Option<RetentionConfig> + Send> {
    let (home, file) = (home.clone(), file.map(Path::to_owned));
    Box::new(move || match Config::load(&home, file.as_deref()) {
        Ok((config, _)) => Some(config.retention),
        Err(error) => {
            tracing::error!("the rules of retention can't be read, and nothing is done: {}", home::one_line(&error));
            None
        }
    })
}

/// The engine is given this very content or nothing, whenever it is loaded.
pub(crate) fn options(models: &Path, model: &Model, engine: EngineChoice) -> EngineOptions {
    let (sha256, models) = (Some(model.sha256.clone()), Some(models.to_owned()));
    EngineOptions { engine, sha256, models, ..EngineOptions::default() }
}

/// The model of what is written while it is said: one of its own where that is set, else the `main` one.
fn live_model(
    home: &Home,
    work: &WorkConfig,
    main: &Model,
    engine: &Path,
    source: &Source,
) -> Result<LiveModel, EngineError> {
    let own = work.live_model.as_deref().map(|name| models::choose(&home.models(), Some(name))).transpose()?;
    let model = own.as_ref().unwrap_or(main);
    let plan = match own {
        Some(_) => PassPlan::live(model, &work.on_this_machine(), SystemClock.wall()),
        None => source.named(PassPlan::live(model, work, SystemClock.wall())),
    };
    let file = model.path.clone();
    let options = options(&home.models(), model, plan.engine);
    let recogniser = own
        .is_some()
        .then(|| -> Box<dyn Recogniser + Send> { Box::new(EngineProcess::resting(engine, &file, options)) });
    Ok(LiveModel { plan, file, recogniser })
}

/// What campaigns need: the model that each names, and when they may run.
fn campaigns(home: &Home, work: &WorkConfig, engine: &Path) -> CampaignSettings {
    let (models, engine) = (home.models(), engine.to_owned());
    let recogniser = move |campaign: &Campaign, pass: &Pass| -> Result<Box<dyn Recogniser + Send>, EngineError> {
        let model = models::prepare(&models, &campaign.terms.model)?;
        if model.sha256 != pass.model_sha256 {
            let why =
                format!("{} isn't the model any more that pass {} was begun with", model.path.display(), pass.name);
            return Err(EngineError::Refused(why));
        }
        let Some(plan) = PassPlan::again(pass) else {
            return Err(EngineError::Refused(format!("pass {} was made by another version of the program", pass.name)));
        };
        let options = EngineOptions { stands_back: true, ..options(&models, &model, plan.engine) };
        Ok(Box::new(EngineProcess::spawn(&engine, &model.path, options)?))
    };
    let (spares_battery, mut machine) = (work.on_battery != OnBattery::All, Machine::default());
    let waits_for = move |terms: &Terms, now: WallTime| {
        let minute = now.local();
        let minute = u16::try_from(minute.hour() * 60 + minute.minute()).unwrap_or(0);
        if terms.hours.is_some_and(|hours| !worker::is_between(minute, hours)) {
            Some("it waits for its hours")
        } else if spares_battery && machine.is_on_battery() {
            Some("the machine runs on its battery (on_battery in the configuration)")
        } else if terms.when == When::Idle && machine.is_busy() {
            Some("others need the machine")
        } else {
            None
        }
    };
    CampaignSettings { recogniser: Box::new(recogniser), waits_for: Box::new(waits_for) }
}

/// Something was left out: a script should know, though everything else is done.
fn exit(summary: &Summary) -> Exit {
    if summary.quarantined > 0 || summary.faults > 0 || summary.unwritten > 0 { Exit::Partly } else { Exit::Done }
}

fn second_worker(home: &Home) -> anyhow::Error {
    anyhow::anyhow!(
        "another worker is at work in {}\nhint: it transcribes everything; `hearsay status` shows how far it is",
        home.root().display()
    )
}

/// `hearsay-engine` lies beside this executable.
fn engine_executable() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this executable lies")?;
    let engine = own.with_file_name(format!("hearsay-engine{}", std::env::consts::EXE_SUFFIX));
    anyhow::ensure!(engine.is_file(), "{} is missing\nhint: install all four executables together", engine.display());
    Ok(engine)
}

/// Set by SIGINT and SIGTERM: what is stored stays, and the window under way is done again next time.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // The second signal ends the process at once; nothing is lost by that either.
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Nobody writes to the stdin of a supervised child; it closes when `hearsay run` wants it to end, or was killed.
fn stop_when_stdin_closes(stop: Arc<AtomicBool>) -> anyhow::Result<()> {
    let wait = move || {
        // What can't be read is as good as closed.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        stop.store(true, Ordering::Relaxed);
    };
    std::thread::Builder::new().name("hs-stdin".to_owned()).spawn(wait).context("cannot start a thread")?;
    Ok(())
}
