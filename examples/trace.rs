//! Prints what the interpreter saw of each endpoint: for who works on the engine.
//!
//! `cargo run --example trace -- PATH [PART OF A RULE OR VIEW]`

use std::path::PathBuf;

use whosekey::flow::world::World;
use whosekey::flow::{endpoint, load, request};
use whosekey::models::Models;
use whosekey::source;

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let wanted = arguments.next().unwrap_or_default();
    let discovery =
        source::discover(&[path], None, &source::LeaveOut::default(), 1).map_err(|error| error.to_string())?;
    let (raws, _) = source::read(discovery.files);
    let sources = source::parse(raws, &whosekey::progress::Progress::default()).sources;
    let models = Models::new(sources.files.len(), &[]);
    let world = World::new(&sources, &models);
    let loaded = load::load(&world);
    let mut endpoints = endpoint::endpoints(&loaded);
    endpoints.retain(|endpoint| format!("{} {}", endpoint.label(), endpoint.name).contains(&wanted));
    for trace in request::interpret(&loaded, &endpoints) {
        let trace = trace?;
        let label = format!("{} {}", trace.endpoint.label(), trace.endpoint.name);
        println!("== {label} {}", if trace.exhausted { "(cut short)" } else { "" });
        println!("   unseen {:?}", trace.endpoint.unseen);
        let place = |place: whosekey::source::Place| {
            let file = world.file(place.file);
            format!("{}:{}", file.path, file.line_column(place.range.start()).line)
        };
        let name = |sym: &whosekey::flow::intern::SymId| format!("{}={:?}", sym.0, trace.intern.symbol(*sym).node);
        for read in &trace.record.reads {
            println!("   read {} at {}", name(&read.sym), place(read.place));
        }
        for validation in &trace.record.validations {
            println!(
                "   validated {:?} {:?} against {:?} at {}",
                validation.inputs,
                validation.how,
                validation.held,
                place(validation.place)
            );
        }
        for loaded in &trace.record.loads {
            println!(
                "   load {} labels {:?} at {}",
                name(&loaded.sym),
                trace.intern.symbol(loaded.sym).labels,
                place(loaded.place)
            );
            for condition in trace.load(loaded.sym).iter().flat_map(|load| &load.conditions) {
                let labels = trace.labels(&condition.value);
                println!(
                    "      where {} is {:?} labels {labels:?}",
                    condition.column, condition.value
                );
            }
        }
        for effect in &trace.record.effects {
            println!(
                "   effect {:?} {:?} at {} known {:?}",
                effect.change,
                effect.labels,
                place(effect.place),
                effect.known
            );
        }
        for (at, chosen) in &trace.record.checks {
            println!("   check of {chosen:?} at {}", place(*at));
        }
        for sym in &trace.record.asked {
            println!("   asked {} labels {:?}", name(sym), trace.intern.symbol(*sym).labels);
        }
        for sym in &trace.record.handed {
            println!("   handed {}", name(sym));
        }
        for at in &trace.record.unresolved {
            println!("   unresolved call at {}", place(*at));
        }
        let absent: std::collections::BTreeSet<_> = trace
            .record
            .exits
            .iter()
            .flat_map(|exit| exit.known.absent.iter().chain(&exit.known.failed).copied())
            .collect();
        for sym in &absent {
            println!("   absent or failed somewhere: {}", name(sym));
        }
        for (at, sym) in &trace.record.logged {
            println!("   logged {} at {}", name(sym), place(*at));
        }
        for (at, sym) in &trace.record.sent {
            println!("   sent {} at {}", name(sym), place(*at));
        }
        for exit in &trace.record.exits {
            println!(
                "   exit {} {:?} viewed {} crash {} labels {:?} legible {:?} text {:?} passed {:?} handler {:?}\n        {:?}",
                place(exit.place),
                exit.status,
                exit.viewed,
                exit.crash,
                exit.labels,
                exit.legible.iter().map(&name).collect::<Vec<_>>(),
                exit.text,
                exit.passed.map(|way| (place(way.place), way.holds)),
                exit.handler.map(place),
                exit.known
            );
        }
    }
    Ok(())
}
