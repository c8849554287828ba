// PM2, in the folder with config/tikmeter.yaml and .env, where the daemon then runs and keeps its data. In a clone:
//   npm run build && pm2 start ecosystem.config.cjs
// After `npm install -g`, in any folder:
//   pm2 start "$(npm root -g)/tikmeter/ecosystem.config.cjs"
// `pm2 sendSignal SIGHUP tikmeter` reloads the config.
const { join } = require('node:path')

module.exports = {
  apps: [
    {
      name: 'tikmeter',
      cwd: process.cwd(),
      script: join(__dirname, 'dist/cli.js'),
      args: 'run',
      // A daemon uses one core. To use several, set instances, and in the config:
      //   journal: { directory: "data/journal-${INSTANCE}" }
      //   server: { port: "${PORT}" }
      exec_mode: 'fork',
      instances: 1,
      instance_var: 'INSTANCE',
      increment_var: 'PORT',
      env: { PORT: 8090 },
      wait_ready: true,
      // The first start of the embedded Postgres creates its cluster.
      listen_timeout: 60_000,
      // Longer than the daemon gives itself to stop in order (10 s).
      kill_timeout: 15_000,
      // The signal is for the daemon alone, which stops its database after the last commit.
      treekill: false,
      // PM2's metrics in our process have timers that hold up its end by seconds.
      pmx: false,
      autorestart: true,
      exp_backoff_restart_delay: 200,
      // A fault of the config, or a newer daemon with the same id, which a restart does not mend.
      stop_exit_codes: [2],
      merge_logs: true,
      // The log's lines have their own time.
      time: false,
    },
  ],
}
