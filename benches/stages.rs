//! Each stage of a run by itself, on the programs of `fixtures/` taken as one. `WHOSEKEY_BENCH=FOLDER` takes another program.

use std::hint::black_box;
use std::path::PathBuf;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use whosekey::flow::survey::Survey;
use whosekey::flow::world::World;
use whosekey::flow::{PrincipalKind, endpoint, load, request};
use whosekey::models::Models;
use whosekey::progress::Progress;
use whosekey::report::{self, Format, Report, Stats};
use whosekey::settings::Settings;
use whosekey::source::LeaveOut;
use whosekey::{rules, source};

fn stages(criterion: &mut Criterion) {
    let folder = std::env::var_os("WHOSEKEY_BENCH").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")),
        PathBuf::from,
    );
    let settings = Settings {
        paths: vec![folder],
        ..Settings::default()
    };
    let leave_out = LeaveOut::new(None, &[]).expect("nothing is left out");
    let find = || source::discover(&settings.paths, None, &leave_out, 0).expect("the folder is there");
    let read = || source::read(find().files).0;

    let progress = Progress::default();
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(10);
    group.bench_function("discover", |bench| bench.iter(|| black_box(find())));
    group.bench_function("read", |bench| {
        bench.iter_batched(
            || find().files,
            |files| black_box(source::read(files)),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("parse", |bench| {
        bench.iter_batched(
            read,
            |raws| black_box(source::parse(raws, &progress)),
            BatchSize::PerIteration,
        );
    });

    let sources = source::parse(read(), &progress).sources;
    let models = Models::new(sources.files.len(), &[]);
    let world = World::new(&sources, &models);
    group.bench_function("load", |bench| bench.iter(|| black_box(load::load(&world))));

    let loaded = load::load(&world);
    let endpoints = endpoint::endpoints(&loaded);
    group.bench_function("interpret", |bench| {
        bench.iter(|| black_box(request::interpret(&loaded, &endpoints)));
    });

    let traces: Vec<_> = request::interpret(&loaded, &endpoints).into_iter().flatten().collect();
    let principals = [PrincipalKind::Key, PrincipalKind::Token];
    group.bench_function("rules", |bench| {
        bench.iter(|| black_box(rules::check(&Survey::new(&loaded, &traces, &principals))));
    });

    let outcome = whosekey::run(&settings).expect("the run begins");
    group.bench_function("report", |bench| {
        bench.iter(|| {
            let report = Report {
                sources: &outcome.sources,
                findings: &outcome.findings,
                suppressed: &[],
                stats: Stats::default(),
                color: false,
                width: 100,
                notices: &outcome.notices,
                pages: None,
            };
            report::write(Format::Sarif, &report, &mut std::io::sink()).expect("nothing is written");
        });
    });
    group.bench_function("all", |bench| {
        bench.iter(|| black_box(whosekey::run(&settings).expect("the run begins")));
    });
}

criterion_group!(benches, stages);
criterion_main!(benches);
