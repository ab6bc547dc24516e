import * as budgets from 'aws-cdk-lib/aws-budgets';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct, type IConstruct } from 'constructs';
import { pascalCase } from '../constructs/names.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { AwsPlan, Stage } from '../stage.ts';
import { Alerts, alarmFactory } from './alerts.ts';
import { hopDashboard } from './dashboard.ts';
import { GameDays } from './game-days.ts';
import { balancerAlarms, businessAlarms, cacheAlarms, databaseAlarms, gatewayAlarms } from './hop-alarms.ts';
import type { MonitoredResources } from './monitored-resources.ts';

/** One dashboard for the request path, one alert per hop and per service, a budget, and the game days. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, props: MonitoredResources) {
    super(scope, id);
    const { stage, plan } = props;
    const alerts = new Alerts(this, 'Alerts', { plan });
    const services = functionsByService(props.services);
    const stops = this.#addHopAlerts(alerts, props);
    const alarmsOf = (functions: ServiceFunction[]) => functions.flatMap((fn) => fn.alarms);
    if (plan.alertPerService) for (const [service, functions] of services) alerts.add(service, alarmsOf(functions));
    else alerts.add('Functions', alarmsOf([...services.values()].flat()));
    hopDashboard(this, { ...props, functions: services });
    this.#addBudget(stage, plan);
    if (plan.gameDays) new GameDays(this, 'GameDays', { ...props, stops, functions: [...services.values()].flat() });
  }

  /** @returns the alerts that stop a game day */
  #addHopAlerts(alerts: Alerts, props: MonitoredResources): cloudwatch.IAlarm[] {
    const { plan, stage } = props;
    if (stage.database.kind !== 'aurora') return [];
    const alarm = alarmFactory(this, plan);
    const balancer = alerts.add('Balancer', balancerAlarms(alarm, props.balancer, plan));
    const gateway = alerts.add('Gateway', gatewayAlarms(alarm, props.gateway));
    alerts.add('Queues', [...props.queues.alarms, ...props.mail.alarms]);
    alerts.add('Database', databaseAlarms(alarm, props.aurora, stage.database));
    alerts.add('Cache', cacheAlarms(alarm, props.valkey));
    alerts.add('Business', businessAlarms(alarm));
    return [balancer, gateway];
  }

  /** Notifies when actual spend exceeds 80 % of the monthly budget, and when the forecast exceeds all of it. */
  #addBudget(stage: Stage, plan: AwsPlan): void {
    const notice = (notificationType: string, threshold: number) => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers: [{ subscriptionType: 'EMAIL', address: plan.alertEmail }],
    });
    new budgets.CfnBudget(this, 'Budget', {
      budget: {
        budgetName: stage.globalName,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: plan.monthlyBudgetUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:stage$${stage.regionalName}`] },
      },
      notificationsWithSubscribers: [notice('ACTUAL', 80), notice('FORECASTED', 100)],
    });
  }
}

/** Every function of the stack, grouped by its service or worker. */
function functionsByService(services: IConstruct): Map<string, ServiceFunction[]> {
  const found = new Map<string, ServiceFunction[]>();
  for (const each of services.node.findAll()) {
    if (!(each instanceof ServiceFunction)) continue;
    const service = pascalCase(each.service);
    found.set(service, [...(found.get(service) ?? []), each]);
  }
  return found;
}
