//! `cargo lab book` in a real browser: every page opens without an error, a dead link or a request; steps light
//! up, pairings change, words are found; and it can be read in light and dark, on a phone and on a wide screen.
//! The screenshots are in `target/book-screenshots`, to be looked at.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its case ends with a panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use lab::run::executables::workspace;
use lab::run::process::{PATIENCE, Process};
use serde_json::{Value, json};

/// A page of every kind.
const PAGES: &[&str] = &[
    "index.html",
    "zh-CN.html",
    "glossary.html",
    "echo-tcp.html",
    "echo-tcp/01-echo-tcp.html",
    "ftp-class/15-ftp-class.html",
    "experiments.html",
    "experiments/tcp-sticks.html",
    "checks.html",
    "tool.html",
    "socket-functions.html",
];

const THEMES: &[&str] = &["light", "rust", "coal", "navy", "ayu"];

/// A command to the browser's driver that WebDriver has not.
#[derive(Debug)]
struct Extra(&'static str, Value);

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.0
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}

/// A page in the browser.
struct Browser {
    client: Client,
    book: PathBuf,
}

impl Browser {
    async fn open(&self, page: &str) {
        let url = format!("file://{}", self.book.join(page).display());
        self.client.goto(&url).await.unwrap();
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// As wide as this, in this theme, from the next page on.
    async fn look(&self, width: u32, theme: &str) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        let size = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size});
        self.client
            .issue_cmd(Extra("goog/cdp/execute", size))
            .await
            .unwrap();
        self.run(&format!("localStorage.setItem('mdbook-theme', '{theme}')"))
            .await;
    }

    /// What the console says since it was last asked.
    async fn console(&self) -> Value {
        self.client
            .issue_cmd(Extra("se/log", json!({"type": "browser"})))
            .await
            .unwrap()
    }
}

#[test]
fn the_book_is_whole_and_readable_in_a_browser() {
    let test = "the book in a browser";
    for program in ["chromium", "chromedriver"] {
        if Command::new(program).arg("--version").output().is_err() {
            tests::lacks(test, format_args!("it needs {program}"));
            return;
        }
    }
    let made = Command::new(tests::lab()).arg("book").output().unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let index = String::from_utf8(made.stdout).unwrap();
    let book = Path::new(index.trim()).parent().unwrap().to_owned();
    let driver = Process::start(Command::new("chromedriver").arg("--port=0")).unwrap();
    let port = driver.stdout().wait_for(PATIENCE, |text| {
        let rest = text.split_once("started successfully on port ")?.1;
        rest.split_once('.')?.0.parse::<u16>().ok()
    });
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        let options = json!({"args": ["--headless=new", "--no-sandbox", "--hide-scrollbars"]});
        let mut wishes = serde_json::Map::new();
        wishes.insert("goog:chromeOptions".to_owned(), options);
        wishes.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(wishes)
            .connect(&format!("http://127.0.0.1:{}", port.unwrap()))
            .await
            .unwrap();
        let browser = Browser { client, book };
        every_page_is_whole(&browser).await;
        a_step_lights_up_everywhere(&browser).await;
        another_pairing_opens(&browser).await;
        a_word_is_found(&browser).await;
        every_theme_can_be_read_at_every_width(&browser).await;
        assert_eq!(browser.console().await, json!([]));
        browser.client.close().await.unwrap();
    });
}

/// The pages below a folder, by their path from there.
fn pages(book: &Path, folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(book, &path));
        } else if path.extension().is_some_and(|ending| ending == "html") {
            found.push(path.strip_prefix(book).unwrap().display().to_string());
        }
    }
    found
}

async fn every_page_is_whole(browser: &Browser) {
    let mut ids = BTreeMap::new();
    let mut links = BTreeSet::new();
    // The table of contents is a part of others, and 404 is for a server at its root.
    let parts = ["404.html", "toc.html"];
    let all = pages(&browser.book, &browser.book);
    let all: Vec<_> = all
        .iter()
        .filter(|page| !parts.contains(&page.as_str()))
        .collect();
    assert!(
        all.len() > 70 && all.iter().any(|page| *page == "print.html"),
        "{all:?}"
    );
    for page in all {
        browser.open(page).await;
        let seen = browser.run(include_str!("page.js")).await;
        let words = |key: &str| -> Vec<String> {
            let words = seen[key].as_array().unwrap().iter();
            words
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(browser.console().await, json!([]), "{page}");
        for request in words("requests") {
            assert!(request.starts_with("file://"), "{page} asks for {request}");
        }
        let landmarks = words("landmarks");
        assert_eq!(
            landmarks.iter().filter(|name| *name == "MAIN").count(),
            1,
            "{page}"
        );
        assert!(
            landmarks.iter().any(|name| name == "NAV") && seen["lang"] != "",
            "{page}"
        );
        assert!(
            words("pictures").iter().all(|text| !text.is_empty()),
            "{page}: a picture without a text"
        );
        let headings: Vec<u64> = seen["headings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_u64)
            .collect();
        if page != "print.html" {
            assert_eq!(
                headings.iter().filter(|depth| **depth == 1).count(),
                1,
                "{page}: {headings:?}"
            );
            let deeper = headings.windows(2).all(|pair| pair[1] <= pair[0] + 1);
            assert!(deeper, "{page}: a heading is left out: {headings:?}");
        }
        ids.insert(
            format!("file://{}", browser.book.join(page).display()),
            words("ids"),
        );
        links.extend(
            words("links")
                .into_iter()
                .map(|link| (page.to_owned(), link)),
        );
    }
    for (page, link) in links {
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        if let Some(path) = file.strip_prefix("file://") {
            assert!(Path::new(path).is_file(), "{page} leads to {link}");
            let there = ids
                .get(file)
                .is_none_or(|ids| ids.iter().any(|id| id == anchor));
            assert!(anchor.is_empty() || there, "{page} leads to {link}");
        } else {
            assert!(
                file.starts_with("https://") || file.starts_with("http://"),
                "{page} leads to {link}"
            );
        }
    }
}

async fn a_step_lights_up_everywhere(browser: &Browser) {
    browser.open("echo-tcp/01-echo-tcp.html").await;
    let step = Locator::Css(".row[data-step=server-5] .title");
    let element = browser.client.find(step).await.unwrap();
    let hover = PointerAction::MoveToElement {
        element,
        duration: None,
        x: 0.0,
        y: 0.0,
    };
    browser
        .client
        .perform_actions(MouseActions::new("mouse".to_owned()).then(hover))
        .await
        .unwrap();
    let lit = "return [...document.querySelectorAll('.lit')].map((one) => one.dataset.step)";
    let lit = browser.run(lit).await;
    let lit = lit.as_array().unwrap();
    assert!(
        lit.len() > 2 && lit.iter().all(|step| step == "server-5"),
        "{lit:?}"
    );
}

async fn another_pairing_opens(browser: &Browser) {
    let pairing = Locator::Css("details.pairing:nth-of-type(4)");
    let pairing = browser.client.find(pairing).await.unwrap();
    assert_eq!(pairing.attr("open").await.unwrap(), None);
    pairing
        .find(Locator::Css("summary"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    assert!(pairing.attr("open").await.unwrap().is_some());
    let text = pairing.text().await.unwrap();
    assert!(
        text.contains("server in Python, client in Python") && text.contains("SYN"),
        "{text}"
    );
}

async fn a_word_is_found(browser: &Browser) {
    browser.open("index.html").await;
    let client = &browser.client;
    client
        .find(Locator::Id("mdbook-search-toggle"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    client
        .find(Locator::Id("mdbook-searchbar"))
        .await
        .unwrap()
        .send_keys("backlog")
        .await
        .unwrap();
    let result = Locator::Css("#mdbook-searchresults a");
    let found = client
        .wait()
        .at_most(Duration::from_secs(20))
        .for_element(result)
        .await
        .unwrap();
    assert!(
        found
            .attr("href")
            .await
            .unwrap()
            .unwrap()
            .contains("backlog")
    );
}

/// Nothing is wider than the window, and no text is faint.
async fn every_theme_can_be_read_at_every_width(browser: &Browser) {
    let folder = workspace().join("target/book-screenshots");
    fs::create_dir_all(&folder).unwrap();
    for (width, themes) in [(1400, THEMES), (390, &["light", "navy"])] {
        for theme in themes {
            browser.look(width, theme).await;
            for page in PAGES {
                browser.open(page).await;
                let faint = browser.run(include_str!("contrast.js")).await;
                assert_eq!(faint, json!({}), "{page} in {theme}");
                let wide = browser
                    .run("return document.documentElement.scrollWidth")
                    .await;
                assert!(
                    wide.as_u64().unwrap() <= u64::from(width),
                    "{page} at {width}: {wide}"
                );
                if ["light", "navy"].contains(theme) {
                    let name = format!("{}-{width}-{theme}.png", page.replace('/', "-"));
                    fs::write(
                        folder.join(name),
                        browser.client.screenshot().await.unwrap(),
                    )
                    .unwrap();
                }
            }
        }
    }
}
