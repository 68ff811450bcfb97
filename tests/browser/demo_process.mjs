// The demo as a process: starts it on free ports, reads the link it prints for its visitor, and asks its API.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long fourteen days of history may take to build, on a busy machine and without optimisation. */
const PATIENCE = 180_000;

export class Demo {
  output = '';
  exit = null;

  /** Starts `program demo` and waits for its link. */
  static async start(program) {
    const demo = new Demo();
    demo.folder = mkdtempSync(join(tmpdir(), 'plenum-browser-'));
    // Without a runtime folder its access lies within its data.
    const { PLENUM_DATA: _data, RUNTIME_DIRECTORY: _unit, XDG_RUNTIME_DIR: _user, ...env } = process.env;
    const options = ['--http', '127.0.0.1:0', '--mqtt', '127.0.0.1:0', '--data', demo.folder];
    demo.process = spawn(program, ['demo', ...options], { env });
    demo.ended = new Promise((resolve) => {
      demo.process.once('error', (error) => {
        demo.output += `${program}: ${error.message}\n`;
        resolve((demo.exit = -1));
      });
      demo.process.once('exit', (code, signal) => resolve((demo.exit = code ?? signal)));
    });
    for (const stream of [demo.process.stdout, demo.process.stderr]) stream.on('data', (text) => (demo.output += text));
    const end = Date.now() + PATIENCE;
    while (!demo.link) {
      if (demo.exit !== null) throw new Error(`the demo ended with ${demo.exit}:\n${demo.output}`);
      if (Date.now() > end) {
        await demo.stop();
        throw new Error(`the demo was not up within ${PATIENCE / 1000} s:\n${demo.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      demo.link = /^ +Open +(\S+\/first#\S+)$/m.exec(demo.output)?.[1];
    }
    demo.begun = Date.now();
    const access = JSON.parse(readFileSync(join(demo.folder, 'run', 'cli.json'), 'utf8'));
    demo.url = access.url;
    demo.token = access.token;
    return demo;
  }

  async get(path) {
    const answer = await fetch(`${this.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** The alarm of a rule that is in a state, if there is one. */
  async alarm(rule, state) {
    const { items } = await this.get('alarms?state=all');
    return items.find((alarm) => alarm.rule === rule && alarm.state === state);
  }

  /** Ends it as Ctrl-C does, and takes its data away. */
  async stop() {
    if (this.exit === null) this.process.kill('SIGINT');
    const late = setTimeout(() => this.process.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(late);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
