import ArticlesClient
import Testing

@testable import articles_tui

@Suite struct ConfigTests {
    private static func problems(_ text: String) -> [String] {
        do {
            _ = try ConfigReader.read(text, file: "tui.toml")
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test("everything that can be set is taken up")
    func complete() throws {
        let config = try ConfigReader.read(
            """
            theme = "light"
            ascii = true
            mouse = false
            follow = false
            bell = true
            notify = "notify-send"
            last = 50
            cache = 1000
            server = "work"

            [servers.home]
            url = "http://localhost:8000"

            [servers.work]
            url = "https://news.example"
            token-file = "/run/token"
            topics = ["sport", "news"]

            [keys]
            quit = ["Q", "F10"]
            down = "n"

            [colors]
            accent = "bold #ff8800"
            selected = "black on 250"
            """, file: "tui.toml")
        #expect(config.theme == "light" && config.isASCII && !config.usesMouse && !config.isFollowing && config.bell)
        #expect(config.notify == "notify-send" && config.last == 50 && config.cache == 1000 && config.server == "work")
        #expect(config.servers.map(\.name) == ["home", "work"])
        #expect(config.servers[1].topics == ["sport", "news"])
        #expect(config.servers[1].tokenFile == "/run/token")
        #expect(config.keys.keys(.quit) == [.character("Q"), .function(10)])
        // The key that was another command's has changed hands.
        #expect(config.keys.command(.character("n")) == .down)
        #expect(config.keys.keys(.nextUnread).isEmpty)
        #expect(config.theme(named: "dark")?.paint(.accent).foreground == .rgb(255, 136, 0))
    }

    @Test("an empty file is the default")
    func empty() throws {
        #expect(try ConfigReader.read("# nothing\n", file: "x").last == 100)
    }

    @Test(
        "what can't be used is named with line and key",
        arguments: [
            ("\ncolour = 1", "tui.toml, line 2: colour is unknown; known are theme,"),
            ("[colors]\naccent = \"blurple\"", "tui.toml, line 2: colors.accent is no look such as"),
            ("[colors]\n\nglow = \"red\"", "tui.toml, line 3: colors.glow is unknown; known are bar,"),
            ("theme = \"neon\"", "tui.toml, line 1: theme must be one of dark, light, sixteen, plain, not \"neon\""),
            ("[keys]\ndwn = \"j\"", "tui.toml, line 2: keys.dwn is no command; known are down,"),
            ("[keys]\ndown = \"Hyper-J\"", "tui.toml, line 2: keys.down is no key such as"),
            ("[keys]\ndown = 5", "tui.toml, line 2: keys.down must be a text"),
            ("[keys]\ndown = \"x\"\nup = \"x\"", "tui.toml, line 3: keys.up has the key x, which keys.down has too"),
            ("last = 501", "tui.toml, line 1: last must be a number from 0 to 500"),
            ("bell = \"yes\"", "tui.toml, line 1: bell must be true or false"),
            ("server = \"x\"", "tui.toml, line 1: server names \"x\", for which there is no [servers.x]"),
            ("[servers.a]\nurl = \"ftp://x\"", "tui.toml, line 2: servers.a.url can't be used."),
            ("[servers.a]\n", "tui.toml, line 1: servers.a needs a url"),
            ("[servers.a]\nurl = \"http://x\"\ntopcs = []", "tui.toml, line 3: servers.a.topcs is unknown"),
            ("[servers.a]\nurl = \"http://x\"\ntopics = [\"A B\"]", "tui.toml, line 3: servers.a.topics has \"A B\""),
            ("keys = 1", "tui.toml, line 1: keys must be a table: [keys]"),
            ("a = 1\nb = [", "tui.toml, line 2: "),
        ])
    func problem(text: String, message: String) {
        let problems = Self.problems(text)
        #expect(problems.first?.hasPrefix(message) == true, "\(problems)")
    }

    @Test("every problem is told, in the order of the lines")
    func all() {
        let problems = Self.problems("bell = 1\nmouse = 2\nfollow = 3\n[keys]\nx = \"a\"\n[colors]\ny = \"red\"")
        #expect(problems.count == 5)
        #expect(
            problems.map { $0.split(separator: ":")[0] } == ["1", "2", "3", "5", "7"].map { "tui.toml, line \($0)" })
    }
}

@Suite struct ThemeTests {
    @Test("each theme has a look for each kind of text", arguments: ["dark", "light", "sixteen"])
    func complete(name: String) throws {
        let theme = try #require(Theme(named: name))
        for (role, style) in Theme.roles where role != "time" {
            let paint = theme.paint(style)
            #expect(paint.foreground != nil || paint.background != nil || !paint.emphasis.isEmpty, "\(role)")
        }
    }

    @Test("the plain theme has no colours at all")
    func plain() {
        for (_, style) in Theme.roles {
            #expect(Theme.plain.paint(style).foreground == nil && Theme.plain.paint(style).background == nil)
        }
        #expect(Theme.plain.paint(.selected).emphasis == .reverse)
    }

    @Test("what is selected keeps the colour of its text, on its own ground")
    func nested() throws {
        var theme = try #require(Theme(named: "plain"))
        theme.paint("warning", with: "red")
        theme.paint("selected", with: "on blue")
        let paint = theme.paint([.warning, .selected, .bold])
        #expect(paint.foreground == .indexed(1) && paint.background == .indexed(4))
        #expect(paint.emphasis == .bold)
    }

    @Test(
        "a colour becomes what the terminal has",
        arguments: [
            ("#ff0000", 1 << 24, 0xFF0000), ("#ff0000", 256, 196), ("#ff0000", 16, 9), ("#ff0000", 8, 1),
            ("#000000", 256, 16), ("#000000", 8, 0), ("#808080", 256, 244), ("cyan", 8, 6), ("bright-cyan", 16, 14),
            ("bright-cyan", 8, 6), ("196", 8, 1), ("196", 256, 196), ("196", 1 << 24, 0xFF0000), ("default", 8, -1),
            ("cyan", 1 << 24, 6),
        ])
    func reduced(text: String, colors: Int, number: Int) {
        #expect(ThemeColor(text)?.number(colors: colors) == Int32(number))
    }

    @Test("what is no colour is refused", arguments: ["", "#12345", "#gggggg", "256", "-1", "blurple", "#+12345"])
    func refused(text: String) {
        #expect(ThemeColor(text) == nil)
    }

    @Test("without a choice the terminal decides")
    func standard() {
        let config = Config()
        #expect(config.theme(colors: 8, environment: [:]).name == "sixteen")
        #expect(config.theme(colors: 256, environment: [:]).name == "dark")
        #expect(config.theme(colors: 256, environment: ["COLORFGBG": "0;15"]).name == "light")
        #expect(config.theme(colors: 256, environment: ["COLORFGBG": "15;default;0"]).name == "dark")
    }
}
