// Runs over an environment of theirs, the folder given as argument. Speaks as driver.py does: a step a line, an answer
// a line. Options are the last of "args" here.

import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";

const strays = [];
const atHome = (host) => !host || host === "localhost" || host === "::1" || /^127\.[\d.]+$/.test(host);

// Every way out of the process, TLS included, goes through here.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = typeof first === "object" && first !== null ? first.host : typeof args[1] === "string" ? args[1] : null;
  if (!atHome(host)) {
    strays.push(String(host));
    throw new Error(`${host} is not of this machine`);
  }
  return connect.apply(this, args);
};

console.log = console.info = console.error; // what a library prints is no answer

const theirs = createRequire(path.join(process.argv[2], "driver.js"))("mem0ai");
const clients = new Map();

const methods = () =>
  Object.getOwnPropertyNames(theirs.MemoryClient.prototype).filter((name) => name !== "constructor" && !name.startsWith("_"));

async function perform(step) {
  if (step.do === "strays") return strays.splice(0);
  if (step.do === "methods") return methods();
  if (step.do === "connect") {
    clients.set(step.as, new theirs[step.class](step.options));
    return null;
  }
  return clients.get(step.on)[step.method](...step.args);
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { result: (await perform(JSON.parse(line))) ?? null };
  } catch (error) {
    answer = {
      error: {
        class: error?.constructor?.name === "Error" ? error.name : error?.constructor?.name,
        message: String(error?.message ?? error),
        code: error?.errorCode ?? error?.code ?? null,
        status: error?.status ?? error?.response?.status ?? null,
        details: error?.details ?? null,
        debug: error?.debugInfo ?? null,
      },
    };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
process.exit(0);
