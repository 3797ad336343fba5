import ArticlesClient
import Core
import Testing

@testable import articles_tui

@Suite struct CommandTests {
    private static func model() -> Model {
        var model = Model.sample(width: 140, height: 24)
        let body = "See https://example.org/one, and (http://example.org/two).\nAgain https://example.org/one"
        model.apply(snapshot([article(1, "First"), article(2, "With links", body: body)]))
        return model
    }

    @Test("links are numbered where they are, listed at the end, and opened by their number")
    func links() {
        var model = Self.model()
        #expect(model.text.contains("See https://example.org/one[1], and (http://example.org/two[2])."))
        #expect(model.text.contains("Again https://example.org/one[1]"))
        #expect(model.text.contains("[2] http://example.org/two"))
        #expect(model.type("o") == [.browse("http://news.example/articles/2")])
        model.press(.enter)
        #expect(model.type("2") == [.browse("http://example.org/two")])
        #expect(model.enter(":", "link 1") == [.browse("https://example.org/one")])
        model.type("3")
        #expect(model.status.contains("the article has 2 links"))
        model.enter(":", "link x")
        #expect(model.status.contains(":link needs a number"))
    }

    @Test("y copies the link, | pipes the article")
    func copyAndPipe() {
        var model = Self.model()
        #expect(model.type("y") == [.copy("http://news.example/articles/2")])
        #expect(model.status.contains("copied http://news.example/articles/2"))
        model.type("j")
        #expect(model.enter("|", "wc -l") == [.pipe(command: "wc -l", text: "First\n\n")])
        #expect(model.enter("|", "") == [])
    }

    @Test("m turns the mouse off and on")
    func mouse() {
        var model = Self.model()
        #expect(model.type("m") == [.mouse(false)])
        #expect(model.type("m") == [.mouse(true)])
    }

    @Test("every command can be typed by its name", arguments: Command.allCases)
    func names(command: Command) {
        var pressed = Self.model()
        var typed = pressed
        let effects = pressed.press(command.standardKeys[0])
        #expect(typed.enter(":", command.rawValue) == effects)
        #expect(typed.text == pressed.text)
    }

    @Test("with an argument a command needs no prompt")
    func arguments() {
        var model = Self.model()
        model.enter(":", "filter first")
        #expect(model.rows.map(\.id) == [1])
        model.enter(":", "filter")
        #expect(model.prompt?.line == "first")
        model.press(.escape)
        #expect(model.enter(":", "search links").contains(.search(text: "links", topic: nil)))
        #expect(model.enter(":", "pipe cat").count == 1)
        #expect(model.enter(":", "theme light") == [.theme("light")])
        model.enter(":", "theme")
        #expect(model.status.contains("themes: dark, light, sixteen, plain"))
        #expect(model.enter(":", "save /tmp/x").count == 1)
        #expect(model.enter(":", "q") == [.quit])
    }

    @Test(
        "what is no command is refused in one line", arguments: ["nonsense", "theme neon", "server home", "quit now"])
    func refused(line: String) {
        var model = Self.model()
        #expect(model.enter(":", line) == [])
        #expect(model.notice != nil)
    }

    @Test("Tab completes a name as far as there is only one")
    func completion() {
        #expect(TypedCommand.completed("unr") == "unread-only ")
        #expect(TypedCommand.completed("next") == "next-")
        #expect(TypedCommand.completed("zzz") == "zzz")
        #expect(TypedCommand.completed("topic sp") == "topic sp")
    }

    @Test("lines from before can be recalled and changed")
    func history() {
        var model = Self.model()
        model.enter(":", "theme light")
        model.type(":")
        model.press(.up)
        #expect(model.prompt?.line == "theme light")
        model.press(.control("w"))
        model.type("dark")
        #expect(model.press(.enter) == [.theme("dark")])
        model.type(":")
        model.press(.up, .up, .down, .down)
        #expect(model.prompt?.line == "")
    }

    @Test("a line can be edited where the cursor is, whatever it is made of")
    func editing() {
        var prompt = Prompt(.search)
        for character in "漢字 é👍" { prompt.edit(.character(character)) }
        prompt.edit(.left)
        prompt.edit(.backspace)
        #expect(prompt.line == "漢字 👍")
        prompt.edit(.home)
        prompt.edit(.delete)
        prompt.edit(.character("x"))
        #expect(prompt.line == "x字 👍")
        prompt.edit(.control("k"))
        #expect(prompt.line == "x")
        prompt.edit(.control("u"))
        prompt.edit(.backspace)
        #expect(prompt.line == "")
    }

    @Test("a long line shows where the cursor is, at every width", arguments: [1, 5, 12, 40, 80])
    func longLine(width: Int) {
        var model = Model.sample(articles: 1, width: width, height: 10)
        model.type("/" + String(repeating: "漢", count: 60) + "end")
        let line = model.lines()[8]
        #expect(DisplayWidth.of(line) == width)
        if width >= 12 { #expect(line.contains("end")) }
    }

    @Test("keys can be given to other commands, and the help shows them")
    func rebinding() {
        var model = Self.model()
        model.keys.bind(.quit, to: [.character("Q"), .function(10)])
        model.keys.bind(.down, to: [.character("q")])
        #expect(model.type("q") == [])
        #expect(model.selectedID == 1)
        #expect(model.press(.function(10)) == [.quit])
        #expect(model.type("j") == [])
        model.type("?")
        #expect(model.text.contains(" Q F10 "))
    }

    @Test("two commands don't share a key", arguments: [KeyMap.standard])
    func unique(keys: KeyMap) {
        for command in Command.allCases {
            for key in keys.keys(command) { #expect(keys.command(key) == command) }
        }
    }

    @Test("a key is read back from its name", arguments: Command.allCases.flatMap(\.standardKeys))
    func keyNames(key: Key) {
        #expect(Key(named: key.description) == key)
    }

    @Test(
        "what is no key is refused", arguments: ["", "jj", "Ctrl-", "Ctrl-ab", "Ctrl-I", "F0", "F99", "Hyper", "\u{7}"])
    func noKeys(name: String) {
        #expect(Key(named: name) == nil)
    }
}

@Suite struct MouseTests {
    private static func model(_ width: Int, _ height: Int) -> Model {
        var model = Model.sample(width: width, height: height)
        model.apply(
            snapshot((1...50).map { article($0, body: (1...80).map { "line \($0)" }.joined(separator: "\n")) }))
        return model
    }

    @Test("a click selects, another opens")
    func click() {
        var model = Self.model(120, 20)
        model.click(10, 4)
        #expect(model.selectedID == 47)
        #expect(model.focus == .list)
        model.click(10, 4)
        #expect(model.focus == .reader)
        model.click(10, 2)
        #expect(model.focus == .list)
        #expect(model.selectedID == 49)
    }

    @Test("the wheel scrolls what it is over")
    func wheel() {
        var model = Self.model(120, 20)
        model.apply(.mouse(MouseEvent(kind: .wheelDown, column: 100, row: 5)))
        #expect(model.readerOffset == 3)
        #expect(model.selectedID == 50)
        model.apply(.mouse(MouseEvent(kind: .wheelDown, column: 5, row: 5)))
        #expect(model.selectedID == 47)
        model.apply(.mouse(MouseEvent(kind: .wheelUp, column: 5, row: 5)))
        #expect(model.selectedID == 50)
    }

    @Test("in the stacked arrangement the panes are one above the other")
    func stacked() {
        var model = Self.model(80, 24)
        model.press(.enter)
        model.apply(.mouse(MouseEvent(kind: .wheelDown, column: 5, row: 20)))
        #expect(model.readerOffset == 3)
        model.click(5, 3)
        #expect(model.selectedID == 48)
    }

    @Test("clicks beside everything do nothing", arguments: [(48, 5), (10, 19), (500, 500), (0, 0), (-1, -1)])
    func beside(column: Int, row: Int) {
        var model = Self.model(120, 20)
        let before = model.text
        model.click(column, row)
        #expect(model.text == before)
    }

    @Test("at 1×1 the mouse does no harm")
    func tiny() {
        var model = Self.model(1, 1)
        model.click(0, 0)
        model.apply(.mouse(MouseEvent(kind: .wheelDown, column: 0, row: 0)))
        #expect(model.lines() == ["l"])
    }
}
