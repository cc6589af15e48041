//! What is preferred is kept in a file; the database follows it, and stands in for it where it can't be read.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use archive::{Choice, Choices};
use home::Home;
use std::io::Write;
use store::Store;
use timeline::{PassName, Span, WallTime};
use worker::keep_choices;

#[test]
fn the_database_follows_the_file_of_choices_and_outlives_what_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    home.ensure().unwrap();
    let mut store = Store::open(&home.database()).unwrap();
    let choices = Choices::open(&home);
    let at = |second: i64| WallTime::from_millis(1_795_425_312_000 + second * 1_000);
    let chosen: Vec<Choice> = (0..3)
        .map(|of| {
            let pass = PassName::new(&format!("1a2b3c4{of}")).unwrap();
            Choice::new(&pass, None, Span::new(at(of * 60), at(of * 60 + 50)), at(1_000 + of))
        })
        .collect();
    for choice in &chosen {
        choices.add(choice).unwrap();
    }
    let follow = |store: &mut Store| {
        let fault = keep_choices(&home, store).unwrap();
        let mut marks: Vec<u64> = store.preferences().unwrap().iter().map(|it| it.mark).collect();
        marks.sort_unstable();
        (marks, fault)
    };
    let sorted = |of: &[&Choice]| {
        let mut marks: Vec<u64> = of.iter().map(|choice| choice.mark).collect();
        marks.sort_unstable();
        marks
    };
    let all = sorted(&[&chosen[0], &chosen[1], &chosen[2]]);
    assert_eq!(follow(&mut store), (all.clone(), None));

    // Gone: it is written anew, as it was.
    let before = choices.read().unwrap();
    std::fs::rename(choices.path(), folder.path().join("away")).unwrap();
    assert_eq!(follow(&mut store), (all, None));
    assert_eq!(choices.read().unwrap(), before);

    // Of a damaged one, what it says was taken back is; what may have stood in the damaged line is kept.
    choices.undo(chosen[1].mark, at(2_000)).unwrap();
    let mut bytes = std::fs::read(choices.path()).unwrap();
    bytes[40] ^= 1;
    home::files::create_or_truncate(choices.path()).unwrap().write_all(&bytes).unwrap();
    assert_eq!(choices.read().unwrap().standing, [chosen[2].clone()]);
    let (marks, fault) = follow(&mut store);
    assert_eq!(marks, sorted(&[&chosen[0], &chosen[2]]));
    let fault = fault.unwrap().to_string();
    assert!(fault.contains("choices.jsonl") && fault.contains("1 of its lines"), "{fault}");
}
